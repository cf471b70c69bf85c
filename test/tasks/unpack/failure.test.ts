import { expect, test } from 'vitest';
import { restorePlanKey, unpackFailureKey } from '../../../archive/keys.ts';
import { parseRestorePlan, restorePlanBytes } from '../../../archive/restore-records.ts';
import { parseVolumeFailure } from '../../../archive/volume-records.ts';
import { exitCodeOf } from '../../../tasks/unpack/failure.ts';
import { run } from '../../../tasks/unpack/run.ts';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import * as errors from '../../../workflow/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { now, secretKey } from '../consolidate/staged.ts';
import { archived, archiveId, leftBehind, restoreId } from './archived.ts';

test.each([
  [new errors.InvalidSettings('x'), 10],
  [new errors.DecryptionKeyUnusable('x'), 10],
  [new errors.RunRecordInvalid('x'), 20],
  [new errors.VolumeNotAsSealed('x'), 30],
  [new errors.VolumeCorrupt('x'), 30],
  [new errors.HostileEntry('x'), 30],
  [new errors.ObjectFrozen('x'), 40],
  [new errors.StoreUnavailable('x'), 40],
  [new errors.TaskInterrupted('x'), 50],
  [new errors.ChainBroken('x'), 70],
  [new TypeError('x'), 70],
  ['a text', 70],
])('%s ends the task with code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

const variables = {
  ARCHIVE_BUCKET: 'archive',
  RESTORE_BUCKET: 'restore',
  RESTORE_ID: restoreId,
  ARCHIVE_ID: archiveId,
  VOLUME: '1',
  PRIVATE_KEY: secretKey('curve25519'),
};

test('a failure is recorded with its name, logged once as an error, and answered with its code', async () => {
  const { archive, restore, plan } = await archived();
  const [volume] = plan.archives[0]!.volumes;
  const whole = await archive.read(volume!.key);
  whole[whole.byteLength - 5]! ^= 1;
  archive.overwrite(volume!.key, whole);
  const lines: string[] = [];
  const surroundings = {
    variables,
    storeOf: (bucket: string) => (bucket === 'restore' ? restore : archive),
    now: () => now,
    signal: new AbortController().signal,
    log: (level: string, message: string) => void lines.push(`${level} ${message}`),
  };
  expect(await run(surroundings)).toBe(30);
  const failure = parseVolumeFailure(await restore.read(unpackFailureKey(restoreId, archiveId, 1)));
  expect(failure).toMatchObject({ archiveId, volume: 1, error: 'VolumeCorrupt', at: now.toISOString() });
  expect(failure.message).toContain('the signed manifest says');
  expect(lines.filter((line) => line.startsWith('ERROR'))).toHaveLength(1);
  expect(await leftBehind(restore)).toEqual([]);
});

test('a volume that is unpacked ends with code 0', async () => {
  const { archive, restore } = await archived();
  const code = await run({
    variables: { ...variables, PASSPHRASE: '' },
    storeOf: (bucket: string) => (bucket === 'restore' ? restore : archive),
    now: () => now,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  expect(code).toBe(0);
});

test.each([
  ['VOLUME', 'seventeen'],
  ['VOLUME', '0'],
  ['RESTORE_ID', '../elsewhere'],
  ['RESTORE_ID', 'a/b'],
  ['ARCHIVE_ID', 'not-an-id'],
])('the setting %s=%s is refused by name, and nothing is written', async (name, value) => {
  const store = memoryObjectStore({ bucket: 'restore' });
  const lines: string[] = [];
  const code = await run({
    variables: { ...variables, [name]: value },
    storeOf: () => store,
    now: () => now,
    signal: new AbortController().signal,
    log: (_, message, fields) => void lines.push(message + JSON.stringify(fields)),
  });
  expect(code).toBe(10);
  expect(lines.join()).toContain(name);
  expect(lines.join()).not.toContain('PRIVATE KEY');
  expect(await Array.fromAsync(store.list(''))).toEqual([]);
});

test.each<[string, (plan: ReturnType<typeof parseRestorePlan>) => object]>([
  ['of another restore', () => ({ restoreId: 'other' })],
  [
    'without the archive',
    ({ archives }) => ({ archives: [{ ...archives[0], archiveId: archiveId.replace(/.$/, '0') }] }),
  ],
  [
    'without the volume',
    ({ archives }) => ({ archives: [{ ...archives[0], volumes: [{ ...archives[0]!.volumes[0], number: 2 }] }] }),
  ],
])('a plan %s is refused before anything is read', async (_, change) => {
  const { task, restore } = await archived();
  const plan = parseRestorePlan(await restore.read(restorePlanKey(restoreId)));
  await restore.put(restorePlanKey(restoreId), restorePlanBytes({ ...plan, ...change(plan) }));
  const get = (): never => {
    throw new Error('the volume was read');
  };
  const refused = unpack({ ...task, archive: { ...task.archive, get } });
  await expect(refused).rejects.toMatchObject({ name: 'RunRecordInvalid' });
});

test('no plan is refused', async () => {
  const { task, restore } = await archived();
  await restore.delete([restorePlanKey(restoreId)]);
  await expect(unpack(task)).rejects.toMatchObject({ name: 'RunRecordInvalid' });
});
