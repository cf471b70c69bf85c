/** Log groups of the local stack, from PutLogEvents to the cluster: the deployed subscriptions, function, retries and replay. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { callJson } from '../../infra/local/deploy/clients.ts';
import type { FailedInvocation } from '../../infra/local/runtime/async-invocations.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { command, type CommandEnded } from './command.ts';
import { ask, endpoints, operator, recordedCalls, s3 } from './stack.ts';

const own = randomUUID().slice(0, 8);
const owner = '000000000000';
const [app, trail] = ['/permafrost/sample/app', '/permafrost/sample/cloudtrail'];
const stream = `stream-${own}`;
const functionName = 'permafrost-index-cloudwatch-logs';
const bucket = `permafrost-failed-events-${owner}-us-east-1`;
const kept = s3ObjectStore(s3, bucket);
const failedPrefix = `aws/lambda/async/${functionName}/`;
/** Days that nothing else writes to: one whose index may not be made for a while, one whose index has another mapping. */
const [refusedDay, conflictDay] = ['2020-02-03', '2020-02-04'];
const indexOf = (day: string): string => `cwl-${day.replaceAll('-', '.')}`;
const today = (): string => new Date().toISOString().slice(0, 10);
const begun = today();

interface Hit {
  _index: string;
  _id: string;
  _version: number;
  _source: Record<string, unknown> & { logEventId: string };
}

const logs = (operation: string, input: object): Promise<unknown> =>
  callJson(endpoints.aws, `Logs_20140328.${operation}`, input, operator.credentials);
const put = (logGroupName: string, messages: readonly (string | object)[]): Promise<unknown> => {
  const timestamp = Date.now();
  const logEvents = messages.map((message) => ({
    timestamp,
    message: typeof message === 'string' ? message : JSON.stringify(message),
  }));
  return logs('PutLogEvents', { logGroupName, logStreamName: stream, logEvents });
};
const trailEvent = (day: string, name: string): object => ({
  eventVersion: '1.11',
  eventID: randomUUID(),
  eventTime: `${day}T03:04:05Z`,
  eventName: name,
  eventSource: 's3.amazonaws.com',
  recipientAccountId: owner,
  requestParameters: { bucketName: 'logs' },
});

/** What came of the events of this file, in the order of their ids. */
async function documents(): Promise<Hit[]> {
  const indices = [...new Set([begun, today(), refusedDay, conflictDay])].map(indexOf).join(',');
  await ask('POST', `/${indices}/_refresh?ignore_unavailable=true`);
  const { hits } = await ask<{ hits: { hits: Hit[] } }>('POST', `/${indices}/_search?ignore_unavailable=true`, {
    version: true,
    size: 1000,
    query: { match_phrase: { logStream: stream } },
  });
  return hits.hits.sort((one, other) => (one._source.logEventId < other._source.logEventId ? -1 : 1));
}
const afterwards = async (count: number): Promise<Hit[]> =>
  vi.waitFor(
    async () => {
      const found = await documents();
      expect(found).toHaveLength(count);
      return found;
    },
    { timeout: 30_000, interval: 200 },
  );
const keptBelow = async (prefix: string): Promise<string[]> =>
  (await Array.fromAsync(kept.list(prefix))).map(({ key }) => key);
const setIndexCreation = (pattern: string | null): Promise<unknown> =>
  ask('PUT', '/_cluster/settings', { transient: { 'action.auto_create_index': pattern } });

beforeAll(async () => {
  for (const logGroupName of [app, trail]) await logs('CreateLogStream', { logGroupName, logStreamName: stream });
});
afterAll(async () => {
  await setIndexCreation(null);
  for (const day of [refusedDay, conflictDay])
    await ask('DELETE', `/${indexOf(day)}?ignore_unavailable=true&allow_no_indices=true`);
});

test('the control messages of both subscriptions are counted, and are no failures', async () => {
  const log = (): string =>
    readFileSync(join(dirname(inject('physicalIdsFile')), 'logs', `${functionName}.log`), 'utf8');
  await vi.waitFor(() => expect(log().match(/"ControlMessages":1/g)).toHaveLength(2), 10_000);
  expect(log()).not.toContain('"level":"ERROR"');
  expect(await keptBelow('')).toEqual([]);
});

test('lines, JSON and events of CloudTrail become documents with the ids, fields and index that they shall have', async () => {
  const before = Date.now();
  const event = trailEvent(begun, 'GetObject');
  await put(app, ['GET /cart 200', 'GET /cart 200', { level: 'warn', cart: 7 }]);
  await put(trail, [event]);
  const found = await afterwards(4);
  const after = Date.now();

  for (const { _id, _index, _source: source } of found) {
    expect(source.logEventId).toMatch(/^\d{56}$/);
    expect(_id).toBe([owner, source.logGroup, stream, source.logEventId].join('/'));
    expect(_index).toBe(indexOf(String(source['@timestamp']).slice(0, 10)));
  }
  const ofApp = found.filter(({ _source }) => _source.logGroup === app).map(({ _source }) => _source);
  expect(ofApp.map(({ message }) => message)).toEqual(['GET /cart 200', 'GET /cart 200', '{"level":"warn","cart":7}']);
  for (const source of ofApp) {
    expect(source).toMatchObject({ owner, logGroup: app, logStream: stream });
    expect(Date.parse(String(source['@timestamp']))).toBeGreaterThanOrEqual(before);
    expect(Date.parse(String(source['@timestamp']))).toBeLessThanOrEqual(after);
  }
  expect(ofApp.map(({ json }) => json)).toEqual([undefined, undefined, { level: 'warn', cart: 7 }]);
  const [ofTrail] = found.filter(({ _source }) => _source.logGroup === trail);
  expect(ofTrail!._source).toEqual({
    ...event,
    '@timestamp': `${begun}T03:04:05.000Z`,
    ...{ owner, logGroup: trail, logStream: stream, logEventId: ofTrail!._source.logEventId },
  });
});

test('a document that the mapping refuses is kept as a reject, and the event beside it is indexed', async () => {
  await ask('PUT', `/${indexOf(conflictDay)}`, {
    settings: { number_of_replicas: 0 },
    mappings: { properties: { eventName: { type: 'long' } } },
  });
  const count = (await documents()).length;
  await put(trail, [trailEvent(conflictDay, 'PutObject'), 'beside it']);
  await afterwards(count + 1);
  const rejects = await vi.waitFor(async () => {
    const keys = await keptBelow('rejects/cloudwatch-logs/');
    expect(keys).toHaveLength(1);
    return keys;
  });
  expect(gunzipSync(await kept.read(rejects[0]!)).toString()).toContain('mapper_parsing_exception');
  expect(await keptBelow(failedPrefix)).toEqual([]);
  await kept.delete(rejects);
});

describe('events that the cluster refuses in all three tries', () => {
  const key = new RegExp(String.raw`^${failedPrefix}\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$`);
  let record: FailedInvocation & { requestPayload: { awslogs: { data: string } } };
  let recordKey: string;
  let count: number;

  const replay = (): Promise<CommandEnded> => command('replay', ['--bucket', bucket, '--function', functionName]);

  beforeAll(async () => {
    count = (await documents()).length;
    await setIndexCreation(`-${indexOf(refusedDay)},+*`);
    await put(trail, [
      trailEvent(refusedDay, 'DeleteObject'),
      'a line of the same message',
      trailEvent(refusedDay, 'X'),
    ]);
    const keys = await vi.waitFor(
      async () => {
        const found = await keptBelow(failedPrefix);
        expect(found).toHaveLength(1);
        return found;
      },
      { timeout: 60_000, interval: 200 },
    );
    recordKey = keys[0]!;
    record = JSON.parse(Buffer.from(await kept.read(recordKey)).toString()) as typeof record;
  });

  test('lie in the bucket of failed events, as Lambda writes them', () => {
    expect(recordKey).toMatch(key);
    expect(recordKey).toContain(record.timestamp.slice(0, 19).replaceAll(':', '.'));
    expect(record).toEqual({
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        functionArn: `arn:aws:lambda:us-east-1:${owner}:function:${functionName}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { awslogs: { data: expect.any(String) as string } },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: {
        errorType: 'IndexMissing',
        errorMessage: expect.stringContaining(indexOf(refusedDay)) as string,
        trace: expect.arrayContaining([expect.stringContaining('IndexMissing')]) as string[],
      },
    });
    const message = gunzipSync(Buffer.from(record.requestPayload.awslogs.data, 'base64')).toString();
    expect(JSON.parse(message)).toMatchObject({
      messageType: 'DATA_MESSAGE',
      ...{ owner, logGroup: trail, logStream: stream, subscriptionFilters: [functionName] },
      logEvents: [{}, { message: 'a line of the same message' }, {}],
    });
  });

  test('were written there with the rights of the function', async () => {
    const writes = (await recordedCalls()).filter(({ resource }) => resource === `arn:aws:s3:::${bucket}/${recordKey}`);
    expect(writes.filter(({ action }) => action === 's3:PutObject')).toMatchObject([
      { caller: functionName, status: 200 },
    ]);
  });

  test('are indexed by a replay once the cluster is well, those that were indexed before not again', async () => {
    expect(await documents()).toHaveLength(count + 1); // the line, whose index may be made
    expect(await replay()).toMatchObject({ code: 1, said: expect.stringContaining('0 events replayed') as string });
    expect(await keptBelow(failedPrefix)).toEqual([recordKey]);

    await setIndexCreation(null);
    expect(await replay()).toMatchObject({ code: 0, said: expect.stringContaining('1 events replayed') as string });
    expect(await keptBelow('')).toEqual([]);
    const found = await afterwards(count + 3);
    expect(found.filter(({ _index }) => _index === indexOf(refusedDay))).toHaveLength(2);
    expect(found.every(({ _version }) => _version === 1)).toBe(true);
  });

  test('add nothing when they come once more', async () => {
    const before = await documents();
    await kept.put(recordKey, Buffer.from(JSON.stringify(record)));
    expect(await replay()).toMatchObject({ code: 0, said: expect.stringContaining('1 events replayed') as string });
    expect(await documents()).toEqual(before);
    expect(await keptBelow('')).toEqual([]);
  });
});
