import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { logFailure } from '../../functions/telemetry.ts';
import { createLines } from '../../ports/document-writer.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { PermafrostError } from '../../workflow/errors.ts';
import { type BulkCluster, startBulkCluster } from '../support/bulk-cluster.ts';

const user = { username: 'indexer', password: 'very secret' };
const inHeader = Buffer.from(`${user.username}:${user.password}`).toString('base64');
const document = '{"message":"a line that is nobody else\'s business"}';

let cluster: BulkCluster;
beforeEach(async () => {
  cluster = await startBulkCluster();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await cluster.close();
});

/** What the writer throws when the cluster answers so. */
async function failureOf(fate: BulkCluster['fateOf']): Promise<PermafrostError> {
  cluster.fateOf = fate;
  const writer = openSearchDocumentWriter({
    endpoint: cluster.url,
    region: 'eu-west-1',
    user: { current: () => Promise.resolve(user), refreshed: () => Promise.resolve(user) },
  });
  const failure: unknown = await writer
    .create(Buffer.from(createLines('logs', 'a', document)), 1, 10)
    .catch((error: unknown) => error);
  if (failure instanceof PermafrostError) return failure;
  throw new TypeError('The request did not fail');
}

function logged(error: Error): string {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  logFailure(error);
  return written.join('');
}

describe.each<[string, BulkCluster['fateOf']]>([
  ['that the cluster refuses', () => ({ status: 403, body: { error: { type: 'security_exception', reason: 'no' } } })],
  ['that the cluster cannot answer', () => ({ status: 500, body: { error: { type: 'odd', reason: 'no' } } })],
  ['whose connection breaks', () => 'drop-before'],
])('a request %s', (_case, fate) => {
  test('is logged with its name and what caused it, without password and documents', async () => {
    const failure = await failureOf(fate);
    const text = logged(failure);
    expect(JSON.parse(text)).toMatchObject({
      level: 'ERROR',
      message: 'Failed',
      error: {
        name: failure.name,
        message: failure.message,
        cause: { name: expect.stringMatching(/Error$/) as string },
      },
    });
    expect(text).not.toContain(inHeader);
    expect(text).not.toContain('business');
  });

  test('shows neither to whoever prints the error whole', async () => {
    const text = inspect(await failureOf(fate), { depth: Infinity });
    expect(text).toContain('[cause]');
    expect(text).not.toContain(inHeader);
    expect(text).not.toContain('business');
  });
});

test('what caused the cause is logged, too', () => {
  const failure = new TypeError('outermost', { cause: new RangeError('middle', { cause: new SyntaxError('inmost') }) });
  expect(JSON.parse(logged(failure))).toMatchObject({
    error: { name: 'TypeError', cause: { name: 'RangeError', cause: { name: 'SyntaxError', message: 'inmost' } } },
  });
});
