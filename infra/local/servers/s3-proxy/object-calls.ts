import type { IncomingMessage } from 'node:http';
import { type Answer, copyOfArchived, errorAnswer, invalidObjectState, xmlAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Creation } from './notifications/event-names.ts';
import { copySource } from './request.ts';
import { NULL_VERSION, STANDARD } from './state.ts';
import { isCold, requestRestore, storageHeaders } from './storage-class.ts';
import { readBody, relay, relayBody, requestIds, respond } from './upstream.ts';
import { text } from './xml.ts';

function header(message: IncomingMessage, name: string): string | null {
  const value = message.headers[name];
  return typeof value === 'string' ? value : null;
}

function succeeded(answer: IncomingMessage): boolean {
  return (answer.statusCode ?? 500) < 300;
}

/** GET and HEAD. The answer says which version was read, so the class shown is that version's, whatever was asked for. */
export async function readCall({ incoming, response, request, upstream, state }: Exchange): Promise<void> {
  const answer = await upstream.send(incoming);
  if (!succeeded(answer)) {
    await relay(answer, response);
    return;
  }
  const versionId = header(answer, 'x-amz-version-id') ?? request.versionId ?? NULL_VERSION;
  const version = state.version(request.bucket, request.key!, versionId);
  const now = Date.now();
  if (request.method === 'GET' && version && isCold(version, now)) {
    answer.destroy();
    respond(incoming, response, invalidObjectState(version.storageClass));
    return;
  }
  await relay(answer, response, storageHeaders(version, now));
}

/** PutObject, CopyObject, UploadPart and UploadPartCopy. */
export async function writeCall(exchange: Exchange): Promise<void> {
  const { incoming, response, request, upstream, state } = exchange;
  const source = copySource(request);
  const sourceVersion = source && state.version(source.bucket, source.key, source.versionId);
  if (sourceVersion && isCold(sourceVersion, Date.now())) {
    respond(incoming, response, copyOfArchived());
    return;
  }
  const answer = await upstream.send(incoming);
  if (succeeded(answer) && !request.query.has('uploadId')) {
    await recordWritten(exchange, answer, header(incoming, 'x-amz-storage-class') ?? STANDARD);
    await answerWritten(exchange, answer, source ? 'Copy' : 'Put');
    return;
  }
  await relay(answer, response);
}

async function recordWritten(
  { request, state }: Exchange,
  answer: IncomingMessage,
  storageClass: string,
): Promise<void> {
  state.recordWrite(request.bucket, request.key!, header(answer, 'x-amz-version-id') ?? NULL_VERSION, storageClass);
  await state.save();
}

/**
 * The client hears of its write once whoever is to be notified has been. What cannot be told is answered with an error, so that the
 * client writes it again, although the object is there.
 */
async function answerWritten(exchange: Exchange, answer: IncomingMessage, creation: Creation): Promise<void> {
  const { incoming, response, request, notices } = exchange;
  const versionId = header(answer, 'x-amz-version-id');
  try {
    await notices.created({
      bucket: request.bucket,
      key: request.key!,
      creation,
      accessKeyId: request.accessKeyId,
      sourceAddress: incoming.socket.remoteAddress ?? '127.0.0.1',
      versionId: versionId === null || versionId === NULL_VERSION ? undefined : versionId,
      ...requestIds(answer),
    });
  } catch (error) {
    answer.resume();
    const message = `The object is stored, but its notification was not delivered: ${String(error)}`;
    respond(incoming, response, errorAnswer(503, 'ServiceUnavailable', message));
    return;
  }
  await relay(answer, response);
}

export async function createUploadCall({ incoming, response, request, upstream, state }: Exchange): Promise<void> {
  const answer = await upstream.send(incoming);
  const body = await readBody(answer);
  const uploadId = text(body.toString(), 'UploadId');
  if (succeeded(answer) && uploadId !== null) {
    state.recordUpload(request.bucket, uploadId, header(incoming, 'x-amz-storage-class') ?? STANDARD);
    await state.save();
  }
  relayBody(answer, response, body);
}

/** CompleteMultipartUpload and AbortMultipartUpload. */
export async function endUploadCall(exchange: Exchange): Promise<void> {
  const { incoming, response, request, upstream, state } = exchange;
  const answer = await upstream.send(incoming);
  if (succeeded(answer)) {
    const storageClass = state.takeUpload(request.bucket, request.query.get('uploadId') ?? '');
    if (request.method === 'POST') {
      await recordWritten(exchange, answer, storageClass);
      await answerWritten(exchange, answer, 'CompleteMultipartUpload');
      return;
    }
    await state.save();
  }
  await relay(answer, response);
}

export async function deleteCall({ incoming, response, request, upstream, state }: Exchange): Promise<void> {
  const answer = await upstream.send(incoming);
  const onlyCovered = request.versionId === null && header(answer, 'x-amz-delete-marker') === 'true';
  if (succeeded(answer) && !onlyCovered) {
    state.recordDeletion(request.bucket, request.key!, request.versionId ?? NULL_VERSION);
    await state.save();
  }
  await relay(answer, response);
}

/** RestoreObject: the upstream authorises it, then says that it does not implement it. */
export async function restoreCall(exchange: Exchange): Promise<void> {
  const { incoming, response, upstream, state } = exchange;
  const body = await readBody(incoming);
  const answer = await upstream.send(incoming, body);
  if (answer.statusCode !== 501) {
    await relay(answer, response);
    return;
  }
  answer.resume();
  const own = await answerRestore(exchange, body.toString());
  await state.save();
  respond(incoming, response, own);
}

async function answerRestore({ request, state, thawMs, exists }: Exchange, body: string): Promise<Answer> {
  const address = { bucket: request.bucket, key: request.key!, versionId: request.versionId };
  const version = state.version(address.bucket, address.key, address.versionId);
  if (!version && !(await exists(address))) {
    return errorAnswer(404, 'NoSuchKey', 'The specified key does not exist.', { Key: address.key });
  }
  const days = Number(text(body, 'Days') ?? NaN);
  if (!Number.isInteger(days) || days < 1) {
    return errorAnswer(400, 'MalformedXML', 'The restore request must name a number of days');
  }
  if (version?.storageClass === 'DEEP_ARCHIVE' && text(body, 'Tier') === 'Expedited') {
    return errorAnswer(400, 'InvalidArgument', 'Retrieval option is not supported by this storage class');
  }
  const result = requestRestore(version, days, thawMs, Date.now());
  switch (result.outcome) {
    case 'not-archived':
      return errorAnswer(403, 'InvalidObjectState', "Restore is not allowed for the object's current storage class");
    case 'in-progress':
      return errorAnswer(409, 'RestoreAlreadyInProgress', 'Object restore is already in progress');
    default:
      state.recordRestore(version!, result.restore);
      return xmlAnswer(result.outcome === 'started' ? 202 : 200, '');
  }
}
