import { expect, test } from 'vitest';
import { failureKey } from '../../../archive/keys.ts';
import { parseVolumeFailure } from '../../../archive/volume-records.ts';
import { exitCodeOf } from '../../../tasks/consolidate/failure.ts';
import { run } from '../../../tasks/consolidate/run.ts';
import * as errors from '../../../workflow/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { archiveId, leftIn, now, publicKey, stage } from './staged.ts';

test.each([
  [new errors.InvalidSettings('x'), 10],
  [new errors.RecipientRevoked('x'), 10],
  [new errors.RunRecordInvalid('x'), 20],
  [new errors.VolumeConflict('x'), 20],
  [new errors.ObjectVanished('x'), 30],
  [new errors.ObjectLengthChanged('x'), 30],
  [new errors.StoreUnavailable('x'), 40],
  [new errors.NotAllowed('x'), 40],
  [new errors.TaskInterrupted('x'), 50],
  [new errors.ChainBroken('x'), 70],
  [new TypeError('x'), 70],
  ['a text', 70],
])('%s ends the task with code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

const variables = {
  STAGING_BUCKET: 'staging',
  ARCHIVE_BUCKET: 'archive',
  ARCHIVE_ID: archiveId,
  VOLUME: '1',
  RECIPIENT_KEYS: publicKey('curve25519'),
  ENCRYPTION_PROFILE: 'gpg',
};

test('a failure is recorded with its name, logged once as an error, and answered with its code', async () => {
  const { staging, archive } = await stage({ contents: { a: 5 } });
  await staging.delete(['repositories/' + archiveId + '/a']);
  const lines: string[] = [];
  const surroundings = {
    variables,
    storeOf: (bucket: string) => (bucket === 'staging' ? staging : archive),
    now: () => now,
    signal: new AbortController().signal,
    log: (level: string, message: string) => void lines.push(`${level} ${message}`),
  };
  expect(await run(surroundings)).toBe(30);
  const failure = parseVolumeFailure(await staging.read(failureKey(archiveId, 1)));
  expect(failure).toMatchObject({ archiveId, volume: 1, error: 'ObjectVanished', at: now.toISOString() });
  expect(lines.filter((line) => line.startsWith('ERROR'))).toHaveLength(1);
  expect(await leftIn(archive)).toEqual({ objects: [], uploads: [] });
});

test('settings are refused by name, never by value, and nothing is written where it is unknown what failed', async () => {
  const staging = memoryObjectStore({ bucket: 'staging' });
  const lines: string[] = [];
  const code = await run({
    variables: { ...variables, VOLUME: 'seventeen' },
    storeOf: () => staging,
    now: () => now,
    signal: new AbortController().signal,
    log: (_, message, fields) => void lines.push(message + JSON.stringify(fields)),
  });
  expect(code).toBe(10);
  expect(lines.join()).toContain('VOLUME');
  expect(lines.join()).not.toContain('seventeen');
  expect(await Array.fromAsync(staging.list(''))).toEqual([]);
});
