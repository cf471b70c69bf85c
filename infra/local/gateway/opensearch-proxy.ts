import type { Calls } from './calls.ts';
import { forward } from './forward.ts';
import { signer } from './request.ts';
import { type LocalServer, serve } from './server.ts';

/**
 * Stands for the address of the domain: passes everything on to `upstream()` and records the right that the domain's policy
 * would ask for, `es:ESHttpGet` on `<domain>/<path>`. Signatures are not checked.
 */
export async function startOpenSearchProxy(
  upstream: () => string,
  domainArn: string,
  calls: Calls,
): Promise<LocalServer> {
  return serve(async (incoming, response) => {
    const method = incoming.method ?? 'GET';
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname;
    const facts = {
      accessKeyId: signer(incoming.headers).accessKeyId,
      action: `es:ESHttp${method.charAt(0)}${method.slice(1).toLowerCase()}`,
      resource: domainArn + path,
    };
    try {
      calls.add({ ...facts, status: await forward(incoming, response, upstream()) });
    } catch (error) {
      calls.add({ ...facts, status: 502 });
      throw error;
    }
  });
}
