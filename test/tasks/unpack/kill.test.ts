import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { unpackFailureKey, unpackReceiptKey } from '../../../archive/keys.ts';
import { parseVolumeFailure } from '../../../archive/volume-records.ts';
import type { ProxiedRequest } from '../../support/fault-proxy.ts';
import { expectSameContents } from '../consolidate/open-by-hand.ts';
import { publicKey, secretKey } from '../consolidate/staged.ts';
import { archived, archiveId, leftBehind, repository, restoreId, unpacked } from './archived.ts';
import { type Bench, startBench } from './entry-process.ts';

const made = await archived({ contents: { ...repository, 'indices/xyz/0/__big': 17 * 1024 * 1024 } });
const failureKey = unpackFailureKey(restoreId, archiveId, 1);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
}, 300_000);
afterAll(() => bench.stop());
afterEach(() => {
  bench.proxy.before = () => 'pass';
  bench.proxy.after = () => 'pass';
});

const points: Readonly<Record<string, (request: ProxiedRequest) => boolean>> = {
  'the first object': ({ method, path }) => method === 'PUT' && path.includes('/restored/'),
  'the second part': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '2',
  'the completion': ({ method, query }) => method === 'POST' && query.has('uploadId'),
  'the receipt': ({ method, path }) => method === 'PUT' && path.endsWith('.receipt.json'),
};

describe('a task killed', { timeout: 120_000 }, () => {
  test.each(Object.keys(points).flatMap((point) => [`before ${point}`, `after ${point}`]))(
    '%s leaves what the next attempt makes whole',
    async (gap) => {
      const [moment, ...words] = gap.split(' ');
      const isPoint = points[words.join(' ')]!;
      const placed = await bench.place(made);
      const first = placed.start();
      bench.proxy[moment === 'before' ? 'before' : 'after'] = async (request) => {
        if (!isPoint(request)) return 'pass';
        first.child.kill('SIGKILL');
        await first.ended;
        return 'drop';
      };
      expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
      bench.proxy.before = () => 'pass';
      bench.proxy.after = () => 'pass';

      const second = await placed.start().ended;
      expect(second, second.output).toMatchObject({ code: 0 });
      expect(second.output.includes('An earlier attempt had unpacked')).toBe(gap === 'after the receipt');
      expectSameContents(await unpacked(placed.restore), made.contents);
      expect(await Array.fromAsync(placed.restore.listUploads(''))).toEqual([]);
      await placed.restore.read(unpackReceiptKey(restoreId, archiveId, 1));
    },
  );
});

test('a task told to stop ends within seconds, records it and leaves nothing', { timeout: 60_000 }, async () => {
  const placed = await bench.place(made);
  const task = placed.start();
  let stoppedAt = 0;
  bench.proxy.before = (request) => {
    if (stoppedAt === 0 && points['the second part']!(request)) {
      stoppedAt = performance.now();
      task.child.kill('SIGTERM');
      return 'drop';
    }
    return 'pass';
  };
  const { code, output } = await task.ended;
  expect(code, output).toBe(50);
  expect(performance.now() - stoppedAt).toBeLessThan(7000);
  expect(await leftBehind(placed.restore)).toEqual([]);
  expect(parseVolumeFailure(await placed.restore.read(failureKey))).toMatchObject({ error: 'TaskInterrupted' });
});

test('connections that break once each are taken up again', { timeout: 60_000 }, async () => {
  const placed = await bench.place(made);
  const seen = new Set<string>();
  bench.proxy.before = ({ method, path, query }) => {
    const name = `${method} ${path} ${query.toString()}`;
    if (seen.has(name) || query.has('uploads')) return 'pass';
    seen.add(name);
    return 'drop';
  };
  const { code, output } = await placed.start().ended;
  expect(code, output).toBe(0);
  expectSameContents(await unpacked(placed.restore), made.contents);
});

test('keys that do not fit end with their own code, and no secret is told', { timeout: 60_000 }, async () => {
  const placed = await bench.place(made);
  for (const [PRIVATE_KEY, message] of [
    [secretKey('rsa4096'), 'is not encrypted to the private key'],
    [publicKey('curve25519'), 'A public key is given'],
    ['-----hunter2-----', 'is not one armoured'],
  ] as const) {
    const { code, output } = await placed.start({ PRIVATE_KEY, PASSPHRASE: 'hunter3' }).ended;
    expect(code, output).toBe(10);
    const failure = parseVolumeFailure(await placed.restore.read(failureKey));
    expect(failure).toMatchObject({
      error: 'DecryptionKeyUnusable',
      message: expect.stringContaining(message) as string,
    });
    const told = output + JSON.stringify(failure);
    for (const secret of ['hunter', PRIVATE_KEY.split('\n')[4] ?? 'hunter']) expect(told).not.toContain(secret);
    expect(await leftBehind(placed.restore)).toEqual([]);
  }
});
