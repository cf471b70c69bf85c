import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BulkCluster, type BulkRequest, startBulkCluster } from '../../support/bulk-cluster.ts';
import { created, inProcessIndexer, seeded } from './in-process-indexer.ts';

let cluster: BulkCluster;
beforeEach(async () => {
  cluster = await startBulkCluster();
});
afterEach(() => cluster.close());

const messagesOf = (documents: Iterable<string>): string[] =>
  [...documents].map((document) => (JSON.parse(document) as { message: string }).message).sort();
const lines = (count: number, of: string): string[] =>
  // Every third line is the same: equal lines are records of their own.
  Array.from({ length: count }, (_, line) => (line % 3 === 0 ? 'the same line everywhere' : `${of}, line ${line}`));
const content = (some: readonly string[]): Buffer => Buffer.from(some.map((line) => `${line}\n`).join(''));

describe('every line is indexed exactly once', () => {
  test.each([1, 2])('over duplicates, disorder, refusals and cut connections (plan %i)', async (seed) => {
    const random = seeded(seed);
    const indexer = inProcessIndexer({ cluster, random, maxReceiveCount: 50, limits: { bytes: 8 * 1024 } });
    const expected: string[] = [];
    const sent: string[] = [];
    for (let number = 0; number < 24; number += 1) {
      const key = `logs/${number}`;
      const some = lines(Math.floor(random() * 150), key);
      const compress = [gzipSync, zstdCompressSync, (bytes: Buffer) => bytes][number % 3]!;
      indexer.put(key, compress(content(some)));
      expected.push(...some);
      sent.push(key, ...(random() < 0.2 ? [key] : []));
    }
    const order = sent.map((key) => ({ key, at: random() })).sort((one, other) => one.at - other.at);
    for (const { key } of order) indexer.send(created(key));
    cluster.fateOf = ({ bytes }) => {
      const draw = random();
      if (draw < 0.1) return { status: 429 };
      if (draw < 0.15) return { status: 503, body: '<html>unavailable</html>' };
      if (draw < 0.25) return 'drop-before';
      if (draw < 0.35) return 'drop-after';
      return bytes > 6 * 1024 ? { status: 413 } : 'answer';
    };
    cluster.refuses = () =>
      random() < 0.05
        ? { status: 429, type: 'opensearch_rejected_execution_exception', reason: 'rejected execution' }
        : undefined;

    await indexer.drain();

    expect(messagesOf(cluster.documents.values())).toEqual(expected.sort());
    expect(indexer.deadLetters).toEqual([]);
    expect(await Array.fromAsync(indexer.rejects.list(''))).toEqual([]);
    const { measured } = indexer;
    expect(measured.get('ObjectsIndexed')! + measured.get('ObjectsSkipped')!).toBe(sent.length);
    // Of answers that were lost the indexer cannot know whose documents they were about.
    expect(measured.get('RecordsIndexed')! + measured.get('RecordsDuplicate')!).toBeGreaterThanOrEqual(expected.length);
    expect(measured.get('RecordsIndexed')).toBeLessThanOrEqual(expected.length);
  });

  test('though a run ends before the object does, again and again', async () => {
    const some = lines(2000, 'a large object');
    const slow = inProcessIndexer({ cluster, requestMs: 2000, limits: { bytes: 3000 } });
    slow.put('large', content(some));
    slow.send(created('large'));
    await slow.drain();
    expect(slow.runs).toBeGreaterThan(3);
    expect(slow.deadLetters).toEqual([]);
    const inManyRuns = new Map(cluster.documents);

    cluster.documents.clear();
    const quick = inProcessIndexer({ cluster });
    quick.put('large', content(some));
    quick.send(created('large'));
    await quick.drain();
    expect(quick.runs).toBe(1);
    expect(inManyRuns).toEqual(cluster.documents);
    expect(messagesOf(inManyRuns.values())).toEqual(some.sort());
    // What is not compressed is not read again from its beginning.
    expect(slow.asked).toHaveLength(slow.runs);
    expect(new Set(slow.asked).size).toBe(slow.runs);
    expect(slow.asked).toEqual(slow.asked.toSorted((a, b) => a - b));
  });

  test('though what is left of it looks like something compressed', async () => {
    const some = ['first', ...lines(1000, 'BZh91AY&SY').map((line) => `BZh91AY&SY ${line}`)];
    const indexer = inProcessIndexer({ cluster, requestMs: 2000, limits: { bytes: 3000 } });
    indexer.put('object', content(some));
    indexer.send(created('object'));
    await indexer.drain();
    expect(indexer.runs).toBeGreaterThan(1);
    expect(messagesOf(cluster.documents.values())).toEqual(some.sort());
  });

  test('of a format whose columns are named in the first line only, from a compressed object', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) => `eni-${row} ${1_767_312_000 + row} 10.0.0.${row % 256}`);
    const flow = gzipSync(content(['interface-id start srcaddr', ...rows]), { level: 1 });
    const indexer = inProcessIndexer({ cluster, format: 'vpc-flow-logs', requestMs: 4000, limits: { documents: 100 } });
    indexer.put('flow', flow);
    indexer.send(created('flow'));
    await indexer.drain();
    expect(indexer.runs).toBeGreaterThan(1);
    expect(indexer.deadLetters).toEqual([]);
    expect(cluster.documents.size).toBe(rows.length);
    for (const document of cluster.documents.values()) expect(document).toMatch(/"eni-\d+"/);
  });

  test('and begun objects go on where the cluster stopped taking documents', async () => {
    const some = lines(2000, 'object');
    const indexer = inProcessIndexer({ cluster, limits: { bytes: 2000, inFlight: 1 } });
    indexer.put('object', content(some));
    indexer.send(created('object'));
    cluster.fateOf = () => (cluster.requests.length > 8 ? 'drop-before' : 'answer');
    await indexer.run();
    const [rest] = indexer.queue;
    expect(JSON.parse(rest!.body)).toMatchObject({ permafrost: 'continuation', resume: { runs: 1 } });

    cluster.fateOf = () => 'answer';
    await indexer.drain();
    expect(messagesOf(cluster.documents.values())).toEqual(some.sort());
    expect(indexer.deadLetters).toEqual([]);
  });

  test('of two contents that were written to one key where there are no versions', async () => {
    const indexer = inProcessIndexer({ cluster });
    for (const of of ['first', 'other']) {
      indexer.put('key', content(lines(10, of)));
      indexer.send(created('key'));
      await indexer.drain();
    }
    expect(cluster.documents.size).toBe(20);
  });
});

describe('a run without enough time', () => {
  test('puts off what it has not begun, and does it later', async () => {
    const indexer = inProcessIndexer({ cluster, chunkMs: 30_000 });
    const some = lines(200, 'object');
    for (const key of ['a', 'b', 'c']) {
      indexer.put(key, content(some));
      indexer.send(created(key));
    }
    const answer = await indexer.run();
    expect(answer.batchItemFailures).toEqual([]);
    expect(indexer.queue.length).toBeGreaterThan(0);
    await indexer.drain();
    expect(cluster.documents.size).toBe(600);
    expect(indexer.deadLetters).toEqual([]);
  });

  test('puts off the objects of one message in one message', async () => {
    const indexer = inProcessIndexer({ cluster, chunkMs: 30_000 });
    const objects = Array.from({ length: 50 }, (_, number) => ({ bucket: 'logs-bucket', key: `object ${number}` }));
    for (const { key } of objects) indexer.put(key, content(lines(10, key)));
    indexer.send({ permafrost: 'backfill', objects });
    expect((await indexer.run()).batchItemFailures).toEqual([]);
    expect(indexer.queue.length).toBeLessThanOrEqual(2);
    await indexer.drain();
    expect(cluster.documents.size).toBe(500);
  });

  test('gives up an object that it gets nowhere in, when it had nothing else to do', async () => {
    const indexer = inProcessIndexer({ cluster, chunkMs: 60_000 });
    indexer.put('long', content(['x'.repeat(100_000), 'second']));
    indexer.send(created('long'));
    await indexer.drain();
    expect(indexer.warnings).toEqual(Array(5).fill('ObjectTooLarge'));
    expect(indexer.deadLetters).toHaveLength(1);
    expect(cluster.documents.size).toBe(0);
  });

  test('gives up a rest that takes a whole run to get to', async () => {
    const indexer = inProcessIndexer({ cluster, chunkMs: 4000, etagOf: () => 'etag' });
    indexer.put('large', content(lines(10_000, 'large')));
    const resume = { offset: 200_000, etag: 'etag', runs: 7 };
    indexer.send({ permafrost: 'continuation', bucket: 'logs-bucket', key: 'large', resume });
    await indexer.drain();
    expect(indexer.warnings).toContain('ObjectTooLarge');
    expect(indexer.deadLetters).toHaveLength(1);
  });

  test('does not go on in another content than the one that was begun', async () => {
    const indexer = inProcessIndexer({ cluster });
    indexer.put('key', content(lines(100, 'new')));
    const resume = { offset: 500, etag: 'of the old content', runs: 1 };
    indexer.send({ permafrost: 'continuation', bucket: 'logs-bucket', key: 'key', resume });
    await indexer.drain();
    expect(indexer.warnings).toContain('ObjectMissing');
    expect(cluster.documents.size).toBe(0);
  });
});

describe('a message', () => {
  test('that is not understood reaches the dead-letter queue, and the others are done', async () => {
    const indexer = inProcessIndexer({ cluster });
    indexer.put('good', content(['line']));
    indexer.send({ hello: 'world' });
    indexer.send(created('good'));
    await indexer.drain();
    expect(indexer.deadLetters.map(({ body, receives }) => [body, receives])).toEqual([['{"hello":"world"}', 5]]);
    expect(cluster.documents.size).toBe(1);
  });

  test('about an object without logs is acknowledged and counted', async () => {
    const indexer = inProcessIndexer({ cluster });
    indexer.put('empty', Buffer.alloc(0));
    indexer.send(created('empty'));
    indexer.send(created('a/AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/x.json.gz', 700));
    indexer.send(created('folder/', 0));
    indexer.send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'logs-bucket' });
    expect((await indexer.run()).batchItemFailures).toEqual([]);
    expect(indexer.measured.get('ObjectsSkipped')).toBe(4);
    expect(cluster.requests).toEqual([]);
  });

  test('about an object that is gone, or cannot be inflated, is not done', async () => {
    const indexer = inProcessIndexer({ cluster });
    indexer.put('cut', gzipSync(content(lines(5000, 'cut'))).subarray(0, 2000));
    indexer.send(created('gone'));
    indexer.send(created('cut'));
    await indexer.run();
    expect(indexer.warnings).toEqual(['ObjectMissing', 'ContentUnreadable']);
    expect(indexer.notDone).toEqual(['s3://logs-bucket/gone', 's3://logs-bucket/cut']);
    expect(indexer.queue).toHaveLength(2);
  });

  test('over whose object the program itself fails takes no other with it', async () => {
    const indexer = inProcessIndexer({ cluster });
    const all = indexer.ports.objects;
    const open: typeof all.open = (bucket, key, options) =>
      key === 'odd' ? Promise.reject(new TypeError('x is undefined')) : all.open(bucket, key, options);
    Object.assign(indexer.ports, { objects: { ...all, open } });
    indexer.put('good', content(['line']));
    indexer.send(created('odd'));
    indexer.send(created('good'));
    expect((await indexer.run()).batchItemFailures).toEqual([{ itemIdentifier: 'm1' }]);
    expect(cluster.documents.size).toBe(1);
  });

  test('of several objects is done only when all are', async () => {
    const indexer = inProcessIndexer({ cluster });
    indexer.put('here', content(['line']));
    const objects = ['here', 'gone'].map((key) => ({ bucket: 'logs-bucket', key }));
    indexer.send({ permafrost: 'backfill', objects });
    const { batchItemFailures } = await indexer.run();
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'm1' }]);
    expect(cluster.documents.size).toBe(1);
  });
});

describe('requests', () => {
  const run = async (limits: object, refuse?: (request: BulkRequest) => boolean): Promise<void> => {
    const indexer = inProcessIndexer({ cluster, limits });
    indexer.put('object', content(lines(1000, 'object')));
    if (refuse) cluster.fateOf = (request) => (refuse(request) ? { status: 413 } : 'answer');
    indexer.send(created('object'));
    await indexer.drain();
    expect(cluster.documents.size).toBe(1000);
  };

  test('keep to the limit of bytes', async () => {
    await run({ bytes: 10_000 });
    expect(Math.max(...cluster.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(10_000);
    expect(Math.max(...cluster.requests.map(({ bytes }) => bytes))).toBeGreaterThan(8_000);
  });

  test('keep to the limit of documents', async () => {
    await run({ documents: 300 });
    expect(cluster.requests.map(({ documents }) => documents.length)).toEqual([300, 300, 300, 100]);
  });

  test('are halved when they are too large', async () => {
    await run({ bytes: 10_000_000, documents: 1000 }, ({ documents }) => documents.length > 300);
    expect(cluster.requests.map(({ documents }) => documents.length)).toEqual([1000, 500, 250, 250, 500, 250, 250]);
  });

  test('repeat only what was not taken', async () => {
    let refused = 0;
    cluster.refuses = ({ document }) =>
      document.includes('line 7"') && refused++ < 2 ? { status: 429, type: 'rejected', reason: 'busy' } : undefined;
    await run({ bytes: 1_000_000 });
    expect(cluster.requests.map(({ documents }) => documents.length)).toEqual([1000, 1, 1]);
  });
});
