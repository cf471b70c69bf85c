import type { Exchange } from './exchange.ts';
import type { Answer } from './answer.ts';
import { answerConfiguration } from './configurations.ts';
import { withStorageClasses } from './listing.ts';
import type { RequestIds } from './notifications/message.ts';
import { NotificationsRefused } from './notifications/refused.ts';
import { NULL_VERSION } from './state.ts';
import { readBody, relay, relayBody, requestIds, respond } from './upstream.ts';
import { elements, text } from './xml.ts';

const NOT_IMPLEMENTED = 501;

/**
 * The upstream is asked first: it checks signature, rights and that the bucket is there before it says that it does not
 * implement the call, and only then is it the proxy's to answer.
 */
export async function configurationCall(exchange: Exchange, name: string): Promise<void> {
  const { incoming, response, upstream, state } = exchange;
  const body = await readBody(incoming);
  const answer = await upstream.send(incoming, body);
  if (answer.statusCode !== NOT_IMPLEMENTED) {
    await relay(answer, response);
    return;
  }
  answer.resume();
  const own = await ownAnswer(exchange, name, body.toString(), requestIds(answer));
  await state.save();
  respond(incoming, response, own);
}

async function ownAnswer(
  { request, state, notices }: Exchange,
  name: string,
  body: string,
  ids: RequestIds,
): Promise<Answer> {
  if (name !== 'notification' || request.method !== 'PUT') return answerConfiguration(request, name, body, state);
  try {
    return answerConfiguration(request, name, await notices.accept(request.bucket, body, ids), state);
  } catch (error) {
    if (error instanceof NotificationsRefused) return error.answer;
    throw error;
  }
}

export async function listingCall({ incoming, response, request, upstream, state }: Exchange): Promise<void> {
  const answer = await upstream.send(incoming);
  if (answer.statusCode !== 200) {
    await relay(answer, response);
    return;
  }
  const xml = (await readBody(answer)).toString();
  relayBody(answer, response, withStorageClasses(xml, request.bucket, state));
}

export async function deleteObjectsCall(exchange: Exchange): Promise<void> {
  const { incoming, response, request, upstream, state, deleted } = exchange;
  const body = await readBody(incoming);
  for (const object of elements(body.toString(), 'Object')) {
    deleted.push({ bucket: request.bucket, key: text(object, 'Key') ?? '', versionId: text(object, 'VersionId') });
  }
  const answer = await upstream.send(incoming, body);
  const result = await readBody(answer);
  if (answer.statusCode === 200) {
    const kept = keptObjects(result.toString());
    for (const { key, versionId } of deleted) {
      if (!kept.has(address(key, versionId))) state.recordDeletion(request.bucket, key, versionId ?? NULL_VERSION);
    }
    await state.save();
  }
  relayBody(answer, response, result);
}

/** Objects that are still there: refused, or only covered by a delete marker. */
function keptObjects(result: string): Set<string> {
  const covered = elements(result, 'Deleted').filter((entry) => text(entry, 'DeleteMarker') === 'true');
  return new Set(
    [...elements(result, 'Error'), ...covered].map((entry) =>
      address(text(entry, 'Key') ?? '', text(entry, 'VersionId')),
    ),
  );
}

function address(key: string, versionId: string | null): string {
  return JSON.stringify([key, versionId]);
}

export async function deleteBucketCall({ incoming, response, request, upstream, state }: Exchange): Promise<void> {
  const answer = await upstream.send(incoming);
  if (answer.statusCode === 204) {
    state.dropBucket(request.bucket);
    await state.save();
  }
  await relay(answer, response);
}
