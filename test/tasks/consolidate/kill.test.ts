import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureKey, receiptKey, volumeKey } from '../../../archive/keys.ts';
import { parseVolumeFailure, parseVolumeReceipt } from '../../../archive/volume-records.ts';
import type { ProxiedRequest } from '../../support/fault-proxy.ts';
import { type Bench, startBench, type StagedVolume } from './entry-process.ts';
import { expectSameContents, gpgDecrypt, unpackByHand } from './open-by-hand.ts';
import { archiveId, leftIn, secretKey } from './staged.ts';

const contents = { 'index.latest': 8, 'indices/a/0/__big': 17 * 1024 * 1024, 'indices/a/0/snap-1.dat': 500 };

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
}, 300_000);
afterAll(() => bench.stop());
afterEach(() => {
  bench.proxy.before = () => 'pass';
  bench.proxy.after = () => 'pass';
});

type Point = (request: ProxiedRequest) => boolean;
const points: Readonly<Record<string, Point>> = {
  'the opening of the upload': ({ method, query }) => method === 'POST' && query.has('uploads'),
  'the second part': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '2',
  'the intent': ({ method, path }) => method === 'PUT' && path.endsWith('.intent.json'),
  'the completion': ({ method, query }) => method === 'POST' && query.has('uploadId'),
  'the receipt': ({ method, path }) => method === 'PUT' && path.endsWith('.receipt.json'),
};

async function expectOneGoodVolume({ staging, archive, contents: wanted }: StagedVolume): Promise<void> {
  const key = volumeKey(archiveId, 1);
  expect((await Array.fromAsync(archive.listVersions(''))).map((version) => version.key)).toEqual([key]);
  expect(await leftIn(archive)).toEqual({ objects: [key], uploads: [] });
  const receipt = parseVolumeReceipt(await staging.read(receiptKey(archiveId, 1)));
  expect(await archive.head(key)).toMatchObject({
    bytes: receipt.bytes,
    versionId: receipt.versionId,
    checksumSha256: receipt.compositeSha256,
    retention: { mode: 'COMPLIANCE' },
  });
  const plaintext = await gpgDecrypt(await archive.read(key), secretKey('curve25519'));
  expectSameContents(await unpackByHand(plaintext), wanted);
}

describe('a task killed', { timeout: 120_000 }, () => {
  /** Which kills leave work that the next attempt keeps instead of doing it again. */
  const kept = [
    'after the intent',
    'before the completion',
    'after the completion',
    'before the receipt',
    'after the receipt',
  ];
  const gaps = Object.keys(points).flatMap((point) => [`before ${point}`, `after ${point}`]);

  test.each(gaps)('%s leaves what the next attempt makes into exactly one good volume', async (gap) => {
    const [moment, ...words] = gap.split(' ');
    const isPoint = points[words.join(' ')]!;
    const volume = await bench.stageVolume(contents);
    const first = volume.start();
    let killed = false;
    bench.proxy[moment === 'before' ? 'before' : 'after'] = async (request) => {
      if (!isPoint(request)) return 'pass';
      killed = true;
      first.child.kill('SIGKILL');
      await first.ended;
      return 'drop';
    };
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(killed).toBe(true);
    bench.proxy.before = () => 'pass';
    bench.proxy.after = () => 'pass';

    const second = await volume.start().ended;
    expect(second, second.output).toMatchObject({ code: 0 });
    expect(second.output.includes('An earlier attempt had stored the volume')).toBe(kept.includes(gap));
    await expectOneGoodVolume(volume);
  });
});

test('a task told to stop ends within seconds, records it and leaves nothing', { timeout: 60_000 }, async () => {
  const volume = await bench.stageVolume(contents);
  const task = volume.start();
  const isPart = points['the second part']!;
  let stoppedAt = 0;
  bench.proxy.before = async (request) => {
    if (!isPart(request)) return 'pass';
    stoppedAt = performance.now();
    task.child.kill('SIGTERM');
    await task.ended;
    return 'drop';
  };
  const { code, output } = await task.ended;
  expect(code, output).toBe(50);
  expect(performance.now() - stoppedAt).toBeLessThan(7000);
  expect(await leftIn(volume.archive)).toEqual({ objects: [], uploads: [] });
  const failure = parseVolumeFailure(await volume.staging.read(failureKey(archiveId, 1)));
  expect(failure).toMatchObject({ archiveId, volume: 1, error: 'TaskInterrupted' });
});

test('a lost answer to the completion is no failure', { timeout: 60_000 }, async () => {
  const volume = await bench.stageVolume(contents);
  let lost = 0;
  bench.proxy.after = (request) => (points['the completion']!(request) && (lost += 1) === 1 ? 'drop' : 'pass');
  const { code, output } = await volume.start().ended;
  expect(code, output).toBe(0);
  expect(lost).toBeGreaterThanOrEqual(1);
  await expectOneGoodVolume(volume);
});

test('connections that break in the middle are taken up again', { timeout: 60_000 }, async () => {
  const volume = await bench.stageVolume(contents);
  const seen = new Map<string, number>();
  // Every request is cut once, before or after the server has seen it.
  const once =
    (moment: string): ((request: ProxiedRequest) => 'pass' | 'drop') =>
    (request) => {
      const name = `${moment} ${request.method} ${request.path} ${request.query.toString()}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return seen.get(name) === 1 && !request.query.has('uploads') ? 'drop' : 'pass';
    };
  bench.proxy.before = once('before');
  const { code, output } = await volume.start().ended;
  expect(code, output).toBe(0);
  await expectOneGoodVolume(volume);
});

test('settings that do not fit end with their own code before anything is asked', { timeout: 60_000 }, async () => {
  const volume = await bench.stageVolume({ a: 1 });
  const broken = await volume.start({ ENCRYPTION_PROFILE: 'rot13' }).ended;
  expect(broken.code).toBe(10);
  expect(broken.output).toContain('ENCRYPTION_PROFILE');
  const nobody = await volume.start({ RECIPIENT_KEYS: '' }).ended;
  expect(nobody.code).toBe(10);
  const failure = parseVolumeFailure(await volume.staging.read(failureKey(archiveId, 1)));
  expect(failure.error).toBe('NoRecipients');
  expect(await leftIn(volume.archive)).toEqual({ objects: [], uploads: [] });
});
