import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { region } from '../../template/scope.ts';
import type { Credentials } from '../versitygw.ts';
import { errorAnswer } from './answer.ts';
import { applyLifecycle } from './apply-lifecycle.ts';
import type { S3Call } from './call.ts';
import { callsOf } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { Notify } from './notifications/deliver.ts';
import { Notices } from './notifications/notices.ts';
import type { ObjectAddress } from './request.ts';
import { parseRequest } from './request.ts';
import { route } from './route.ts';
import { ProxyState } from './state.ts';
import { Upstream, respond } from './upstream.ts';

const CLIENT_LEFT = 499;
const IDLE_CONNECTION_MS = 65_000; // longer than clients keep theirs, so that none is closed as it is taken into use

export interface S3ProxyOptions {
  /** Address of the S3 server. */
  upstream: string;
  /** JSON file of what the proxy adds; made when absent. */
  stateFile: string;
  /** From RestoreObject to the restored copy; default 3. */
  thawSeconds?: number;
  /** Told of every right that a call needed, once the call is answered. */
  onCall?: (call: S3Call) => void;
  /** Of a user that may read all of the upstream: `POST /_local/apply-lifecycle` and notifications need it. */
  credentials?: Credentials;
  /**
   * Hands a message to the queue or topic of that ARN; asked up to four times. Without it, or without `credentials`, a notification
   * configuration that names a destination is refused.
   */
  notify?: Notify;
  /** Default: a free port. */
  port?: number;
}

export interface S3Proxy {
  url: string;
  stop: () => Promise<void>;
}

/**
 * Starts a proxy on 127.0.0.1 that adds to an S3 server what versitygw lacks: storage classes by version, refusal of reads
 * of archived objects, RestoreObject, lifecycle and other bucket configurations, and notifications of new objects.
 * `POST /_local/apply-lifecycle[?bucket=]` makes all transitions happen now and answers with a LifecycleResult.
 */
export async function startS3Proxy(options: S3ProxyOptions): Promise<S3Proxy> {
  const state = await ProxyState.load(options.stateFile);
  const upstream = new Upstream(options.upstream);
  const { credentials } = options;
  const admin = credentials
    ? new S3Client({ endpoint: options.upstream, region, credentials, forcePathStyle: true })
    : null;
  const notices = new Notices(state, admin, options.notify ?? null);

  const exists = async ({ bucket, key, versionId }: ObjectAddress): Promise<boolean> => {
    if (!admin) return true;
    const input = { Bucket: bucket, Key: key, ...(versionId === null ? {} : { VersionId: versionId }) };
    return await admin.send(new HeadObjectCommand(input)).then(
      () => true,
      () => false,
    );
  };

  const localCall = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    if (incoming.method !== 'POST' || url.pathname !== '/_local/apply-lifecycle') {
      respond(incoming, response, errorAnswer(404, 'NoSuchLocalCall', url.pathname));
      return;
    }
    if (!admin) {
      const message = 'apply-lifecycle needs the `credentials` option of startS3Proxy';
      respond(incoming, response, errorAnswer(501, 'NotImplemented', message));
      return;
    }
    const result = await applyLifecycle(state, admin, url.searchParams.get('bucket'));
    const headers = { 'content-type': 'application/json' };
    respond(incoming, response, { status: 200, headers, body: JSON.stringify(result) });
  };

  const s3Call = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = parseRequest(incoming);
    const thawMs = (options.thawSeconds ?? 3) * 1000;
    const exchange: Exchange = { incoming, response, request, upstream, state, thawMs, exists, notices, deleted: [] };
    response.on('close', () => {
      const status = response.headersSent ? response.statusCode : CLIENT_LEFT;
      if (options.onCall) callsOf(request, exchange.deleted, status).forEach(options.onCall);
    });
    await route(exchange);
  };

  const server = createServer((incoming, response) => {
    const call = incoming.url?.startsWith('/_local/') ? localCall : s3Call;
    call(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        respond(incoming, response, errorAnswer(503, 'ServiceUnavailable', `The S3 server failed: ${String(error)}`));
    });
  });
  server.requestTimeout = 0; // a volume may take hours to send
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      upstream.close();
      admin?.destroy();
      await state.save();
    },
  };
}
