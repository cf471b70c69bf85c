import type { IncomingMessage } from 'node:http';
import { identityHeaders } from '../servers/security.ts';
import type { Calls } from './calls.ts';
import { forward } from './forward.ts';
import { signer } from './request.ts';
import { type LocalServer, serve } from './server.ts';

export interface OpenSearchProxyOptions {
  upstream: () => string;
  domainArn: string;
  calls: Calls;
  /**
   * With fine-grained access control: the ARN of the IAM role whose access key this is, which the node takes for user and
   * backend role, as the managed service does. Without it the node is told nothing of callers.
   */
  roleOf?: (accessKeyId: string) => string | undefined;
}

/**
 * Stands for the address of the domain: passes everything on to `upstream()` and records the right that the domain's policy
 * would ask for, `es:ESHttpGet` on `<domain>/<path>`. Signatures are not checked.
 */
export async function startOpenSearchProxy(options: OpenSearchProxyOptions): Promise<LocalServer> {
  const { upstream, domainArn, calls, roleOf } = options;
  return serve(async (incoming, response) => {
    const method = incoming.method ?? 'GET';
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname;
    const { accessKeyId } = signer(incoming.headers);
    const facts = {
      accessKeyId,
      action: `es:ESHttp${method.charAt(0)}${method.slice(1).toLowerCase()}`,
      resource: domainArn + path,
    };
    if (roleOf) identify(incoming, accessKeyId === null ? undefined : roleOf(accessKeyId));
    try {
      calls.add({ ...facts, status: await forward(incoming, response, upstream()) });
    } catch (error) {
      calls.add({ ...facts, status: 502 });
      throw error;
    }
  });
}

/** Nobody says who he is but by his signature, which ends here; a password goes on, for the node knows its own users. */
function identify(incoming: IncomingMessage, roleArn: string | undefined): void {
  const { authorization, ...others } = incoming.headers;
  const { user, roles, trusted } = identityHeaders;
  const ofTheProxy: readonly string[] = Object.values(identityHeaders);
  incoming.headers = {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !ofTheProxy.includes(name))),
    ...(authorization?.startsWith('Basic ') && { authorization }),
    ...(roleArn !== undefined && { [user]: roleArn, [roles]: roleArn, [trusted]: '127.0.0.1' }),
  };
}
