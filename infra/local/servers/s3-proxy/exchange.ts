import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ObjectAddress, S3Request } from './request.ts';
import type { Notices } from './notifications/notices.ts';
import type { ProxyState } from './state.ts';
import type { Upstream } from './upstream.ts';

/** One call on its way through the proxy. */
export interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  request: S3Request;
  upstream: Upstream;
  state: ProxyState;
  thawMs: number;
  /** True when the upstream has this object; asked only where the state does not know it. */
  exists: (object: ObjectAddress) => Promise<boolean>;
  notices: Notices;
  /** Objects that a DeleteObjects call names, once its body is read. */
  deleted: ObjectAddress[];
}
