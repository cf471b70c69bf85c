import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Of one connection only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
];

/**
 * Sends a request on and its answer back, both as streams unless `body` is given; returns the status
 * answered. `beforeAnswer` hears it before the caller does.
 */
export async function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  upstream: string,
  body?: Buffer,
  beforeAnswer: (status: number) => void = () => undefined,
): Promise<number> {
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
  if (body !== undefined) headers['content-length'] = String(body.length); // it may be another one
  const onward = request(new URL(incoming.url ?? '/', upstream), { method: incoming.method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.on('response', resolve);
    onward.on('error', reject);
  });
  response.on('close', () => onward.destroy());
  if (body === undefined)
    void pipeline(incoming, onward).catch(() => undefined); // `answered` rejects too
  else onward.end(body);
  const answer = await answered;
  const status = answer.statusCode ?? 502;
  beforeAnswer(status);
  const kept = Object.entries(answer.headers).filter(([name]) => name !== 'connection' && name !== 'keep-alive');
  response.writeHead(status, Object.fromEntries(kept.filter(([name]) => name !== 'transfer-encoding')));
  await pipeline(answer, response);
  return status;
}

export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
