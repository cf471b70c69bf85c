import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, type ListObjectsV2CommandInput, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMessage } from '../../../../functions/ingest/messages/read-message.ts';
import {
  noProgress,
  progressIn,
  type Job,
  type KeptProgress,
} from '../../../../infra/ingest/commands/backfill-progress.ts';
import { backfill, type Selection } from '../../../../infra/ingest/commands/backfill.ts';
import { type ListedObject, pagesOfObjects } from '../../../../infra/ingest/commands/list-objects-after.ts';
import { QueueUnavailable } from '../../../../workflow/errors.ts';
import { keptTerminal, type KeptTerminal } from './terminal.ts';

const noon = new Date('2026-01-02T12:00:00Z');
const listed = (key: string, changes: Partial<ListedObject> = {}): ListedObject => ({
  ...{ key, bytes: 10, lastModified: noon, isCold: false },
  ...changes,
});
const keys = (count: number, from = 0): ListedObject[] =>
  Array.from({ length: count }, (_, number) => listed(`key-${String(from + number).padStart(4, '0')}`));

let terminal: KeptTerminal;
let bodies: string[];
let failAt: number;
beforeEach(() => {
  terminal = keptTerminal();
  bodies = [];
  failAt = Infinity;
});
const queue = {
  send(body: string): Promise<void> {
    if (bodies.length >= failAt) return Promise.reject(new QueueUnavailable('down'));
    bodies.push(body);
    return Promise.resolve();
  },
};
/** Objects of the messages, as the indexer understands them. */
const asked = (): unknown[] => bodies.flatMap((body) => readMessage(body).objects);
async function* pagesOf(...pages: ListedObject[][]): AsyncIterable<ListedObject[]> {
  for (const page of pages) yield await Promise.resolve(page);
}
const run = (
  pages: AsyncIterable<ListedObject[]>,
  selection: Partial<Selection> = {},
  progress: KeptProgress = noProgress,
): Promise<string> =>
  backfill(pages, 'logs', queue, { perMessage: 10, dryRun: false, ...selection }, progress, terminal);

describe('a backfill', () => {
  test('asks for every object in messages that the indexer understands', async () => {
    expect(await run(pagesOf(keys(23), keys(5, 23)))).toBe('done');
    expect(asked()).toEqual(keys(28).map(({ key, bytes }) => ({ bucket: 'logs', key, bytes })));
    expect(bodies).toHaveLength(4);
    expect(terminal.lines.at(-1)).toBe('28 objects (0.0 MiB) in 4 messages put into the queue.');
  });

  test('makes no message larger than a queue takes, whatever the keys are', async () => {
    const long = Array.from({ length: 200 }, (_, number) => listed(`${number}${'\u0001'.repeat(1000)}`));
    await run(pagesOf(long), { perMessage: 100 });
    expect(asked()).toHaveLength(200);
    for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(256 * 1024);
    expect(bodies.length).toBeGreaterThan(2);
  });

  test('passes over what is empty, and says what is cold', async () => {
    const page = [listed('a'), listed('folder/', { bytes: 0 }), listed('c', { isCold: true })];
    expect(await run(pagesOf(page))).toBe('left');
    expect(asked()).toMatchObject([{ key: 'a' }]);
    expect(terminal.lines).toContain('1 empty objects were passed over.');
    expect(terminal.lines.at(-1)).toMatch(/^1 objects were passed over that are in a Glacier class/);
  });

  test('keeps to the times that are asked for', async () => {
    const at = (key: string, time: string): ListedObject => listed(key, { lastModified: new Date(time) });
    const page = [
      at('before', '2026-01-01T23:59:59Z'),
      at('first', '2026-01-02T00:00:00Z'),
      at('last', '2026-01-02T23:59:59Z'),
      at('after', '2026-01-03T00:00:00Z'),
    ];
    await run(pagesOf(page), { since: new Date('2026-01-02'), until: new Date('2026-01-03') });
    expect(asked()).toMatchObject([{ key: 'first' }, { key: 'last' }]);
  });

  test('without a change counts only', async () => {
    expect(await run(pagesOf(keys(12)), { dryRun: true })).toBe('done');
    expect(bodies).toEqual([]);
    expect(terminal.lines.at(-1)).toBe(
      '12 objects (0.0 MiB) in 2 messages would be put into the queue; nothing was changed.',
    );
  });

  test('of nothing says so', async () => {
    expect(await run(pagesOf([]))).toBe('done');
    expect(terminal.lines.at(-1)).toBe('0 objects (0.0 MiB) in 0 messages put into the queue.');
  });
});

describe('a backfill that is cut off', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'permafrost-backfill-'));
    file = join(folder, 'progress');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const job: Job = { bucket: 'logs', prefix: '', queue: 'https://queue.example/1' };
  /** The bucket, listed from after a key. */
  const all = keys(50);
  const after = (key: string | undefined): AsyncIterable<ListedObject[]> => {
    const rest = all.filter((each) => key === undefined || each.key > key);
    return pagesOf(
      ...Array.from({ length: Math.ceil(rest.length / 20) }, (_, page) => rest.slice(page * 20, page * 20 + 20)),
    );
  };

  test('by a failure goes on after what is in the queue, and leaves nothing out', async () => {
    const progress = progressIn(file, job);
    failAt = 3;
    await expect(run(after(progress.read()), {}, progress)).rejects.toMatchObject({ name: 'QueueUnavailable' });
    expect(terminal.lines).toContain('What comes after this key is not in the queue: key-0019');

    failAt = Infinity;
    const again = progressIn(file, job);
    expect(again.read()).toBe('key-0019');
    expect(await run(after(again.read()), {}, again)).toBe('done');
    const names = (asked() as { key: string }[]).map(({ key }) => key);
    expect(new Set(names)).toEqual(new Set(all.map(({ key }) => key)));
    // The page that failed is sent again, no other.
    expect(names.length).toBeLessThanOrEqual(all.length + 20);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('by the operator ends after a page, and goes on there', async () => {
    const progress = progressIn(file, job);
    const stopping: KeptProgress = {
      ...progress,
      write(lastKey) {
        progress.write(lastKey);
        terminal.stopNow();
      },
    };
    expect(await run(after(undefined), {}, stopping)).toBe('left');
    expect(asked()).toHaveLength(20);
    terminal = keptTerminal();
    expect(await run(after(progress.read()), {}, progress)).toBe('done');
    expect(asked()).toHaveLength(50);
  });

  test('does not take the progress of another for its own', () => {
    progressIn(file, job).write('key');
    expect(() => progressIn(file, { ...job, prefix: 'other/' }).read()).toThrow('another backfill');
    expect(() => progressIn(file, { ...job, since: '2026-01-01' }).read()).toThrow('another backfill');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 10));
    expect(() => progressIn(file, job).read()).toThrow('holds no progress');
  });
});

describe('the listing', () => {
  const mock = mockClient(S3Client);
  beforeEach(() => void mock.reset());
  const client = new S3Client({ region: 'eu-west-1' });

  test('goes on from page to page, decodes keys and knows what is cold', async () => {
    const inputs: ListObjectsV2CommandInput[] = [];
    mock.on(ListObjectsV2Command).callsFake((input: ListObjectsV2CommandInput) => {
      inputs.push(input);
      const object = { Size: 5, LastModified: noon };
      if (input.ContinuationToken === undefined)
        return Promise.resolve({
          EncodingType: 'url',
          IsTruncated: true,
          NextContinuationToken: 'next',
          Contents: [
            { ...object, Key: 'a+b/%C3%A4%01' },
            { ...object, Key: 'cold', StorageClass: 'DEEP_ARCHIVE' },
          ],
        });
      return Promise.resolve({
        EncodingType: 'url',
        Contents: [
          { ...object, Key: 'thawed', StorageClass: 'GLACIER', RestoreStatus: { RestoreExpiryDate: noon } },
          { ...object, Key: 'thawing', StorageClass: 'GLACIER', RestoreStatus: { IsRestoreInProgress: true } },
          { ...object, Key: 'rare', StorageClass: 'STANDARD_IA' },
        ],
      });
    });
    const pages = await Array.fromAsync(pagesOfObjects(client, 'logs', 'p/', 'p/k'));
    expect(pages.map((page) => page.map(({ key, isCold }) => [key, isCold]))).toEqual([
      [
        ['a b/ä\u0001', false],
        ['cold', true],
      ],
      [
        ['thawed', false],
        ['thawing', true],
        ['rare', false],
      ],
    ]);
    expect(inputs).toMatchObject([
      { Bucket: 'logs', Prefix: 'p/', StartAfter: 'p/k' },
      { Bucket: 'logs', Prefix: 'p/', ContinuationToken: 'next' },
    ]);
  });

  test('fails by name', async () => {
    mock.on(ListObjectsV2Command).rejects(Object.assign(new RangeError('no'), { name: 'NoSuchBucket' }));
    await expect(Array.fromAsync(pagesOfObjects(client, 'logs', '', undefined))).rejects.toMatchObject({
      name: 'BucketMissing',
    });
  });
});
