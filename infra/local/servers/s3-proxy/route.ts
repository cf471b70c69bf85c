import { objectSubresource } from './actions.ts';
import * as bucketCalls from './bucket-calls.ts';
import { configurationName } from './configurations.ts';
import type { Exchange } from './exchange.ts';
import * as objectCalls from './object-calls.ts';
import { relay } from './upstream.ts';

/** Sends a call to what the proxy adds for it, or straight through. */
export async function route(exchange: Exchange): Promise<void> {
  const call = exchange.request.key === null ? bucketCall(exchange) : objectCall(exchange);
  await (call ?? passThrough)(exchange);
}

type Call = (exchange: Exchange) => Promise<void>;

const passThrough: Call = async ({ incoming, response, upstream }) => {
  await relay(await upstream.send(incoming), response);
};

function bucketCall({ request, state }: Exchange): Call | null {
  const configuration = configurationName(request);
  if (configuration !== null) return (exchange) => bucketCalls.configurationCall(exchange, configuration);
  if (request.method === 'POST' && request.query.has('delete')) return bucketCalls.deleteObjectsCall;
  if (request.method === 'DELETE' && request.query.size === 0) return bucketCalls.deleteBucketCall;
  return request.method === 'GET' && state.hasObjects(request.bucket) ? bucketCalls.listingCall : null;
}

function objectCall({ request }: Exchange): Call | null {
  const { method } = request;
  switch (objectSubresource(request)) {
    case undefined:
      if (method === 'GET' || method === 'HEAD') return objectCalls.readCall;
      if (method === 'PUT') return objectCalls.writeCall;
      return method === 'DELETE' ? objectCalls.deleteCall : null;
    case 'uploads':
      return method === 'POST' ? objectCalls.createUploadCall : null;
    case 'uploadId':
      if (method === 'PUT') return objectCalls.writeCall;
      return method === 'POST' || method === 'DELETE' ? objectCalls.endUploadCall : null;
    case 'restore':
      return method === 'POST' ? objectCalls.restoreCall : null;
    default:
      return null;
  }
}
