import { afterEach, describe, expect, it } from 'vitest';
import { readManifest } from '../../archive/catalogue.ts';
import {
  chainLinkKey,
  chainSignatureKey,
  checksumsKey,
  checksumsSignatureKey,
  manifestKey,
  restoredPrefix,
  restoreRecordKey,
} from '../../archive/keys.ts';
import { parseRestoreRecord } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { inProcessRestore } from '../support/in-process-restore.ts';
import type { EndedExecution, Fault } from '../support/in-process-states.ts';

const index = 'logdata-01012026';
const other = 'logdata-02012026';
const documentsOf = (name: string): { id: string; source: unknown }[] =>
  Array.from({ length: 20 }, (_, n) => ({ id: `${name}-${n}`, source: { message: `line ${n} of ${name}`, n } }));

let world: Awaited<ReturnType<typeof inProcessRestore>>;
let archiveId: string;

afterEach(() => world.states.close());

/** An archive of two indices, frozen. */
async function prepare(options: { volumeBytes?: number } = {}): Promise<void> {
  world = await inProcessRestore(options);
  for (const name of [index, other]) world.cluster.putIndex(name, { documents: documentsOf(name), shards: 2 });
  const { output } = await world.states.run('archive', { indices: [index, other] }, 'archived');
  archiveId = String(output.archiveId);
  for (const { key } of (await readManifest(world.archive, archiveId)).volumes) world.archive.freeze(key, 'GLACIER');
  world.states.notices.length = 0;
  world.states.calls.clear();
}

const restore = (input: object, name?: string): Promise<EndedExecution> =>
  world.states.run('restore', { archiveId, indices: [index], ...input }, name);
const redrive = (executionArn: string): Promise<EndedExecution> => world.states.redrive(executionArn);

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

async function expectRestored(run: EndedExecution, name: string): Promise<void> {
  expect(run, run.cause).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.cluster.count(name)).toBe(20);
  expect(await world.cluster.documents(name, [`${index}-7`])).toEqual([
    { id: `${index}-7`, source: { message: `line 7 of ${index}`, n: 7 } },
  ]);
  expect(await keys(world.restore, restoredPrefix)).toEqual([]);
  expect(await world.cluster.repositories()).toEqual([]);
  const record = parseRestoreRecord(await world.restore.read(restoreRecordKey(String(run.output.restoreId))));
  expect(record.indices).toMatchObject([{ archiveId, from: index, name, documents: 20 }]);
}

describe('a restore of a frozen archive', () => {
  it('thaws, verifies and brings an index back under another name, then removes all plaintext', async () => {
    await prepare();
    await expectRestored(await restore({ conflict: 'rename' }), `restored-${index}`);
    expect(world.cluster.indexNames()).toEqual([index, other, `restored-${index}`].sort());
    expect(world.states.notices.map(({ subject }) => subject)).toEqual(['Permafrost: restored 1 indices']);
  });

  it('brings an index back under its own name when that is free', async () => {
    await prepare();
    world.cluster.removeIndex(index);
    await expectRestored(await restore({ conflict: 'fail' }), index);
  });

  it('refuses a name that is taken before anything is thawed', async () => {
    await prepare();
    expect(await restore({ conflict: 'fail' })).toMatchObject({ status: 'FAILED', error: 'IndexExists' });
    expect(world.states.calls.has('ThawVolumes')).toBe(false);
    expect(world.cluster.indexNames()).toEqual([index, other]);
  });

  it('replaces an open index only after a copy was verified, and removes the copy', async () => {
    await prepare();
    world.cluster.addDocuments(index, [{ id: 'later', source: { message: 'not in the archive' } }]);
    await expectRestored(await restore({ conflict: 'replace' }), index);
    expect(world.cluster.indexNames()).toEqual([index, other]);
    expect(world.states.calls.get('VerifyReplacement')).toBe(1);
  });

  it('ends with the plan when only that is asked for', async () => {
    await prepare();
    const { status, output } = await restore({ conflict: 'rename', planOnly: true });
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      archives: [archiveId],
      indices: [{ name: index, to: `restored-${index}`, documents: 20 }],
      thaw: { volumesToThaw: 1 },
    });
    expect(await keys(world.restore, restoredPrefix)).toEqual([]);
  });

  it('takes every archive that a range of days asks for', async () => {
    await prepare();
    world.cluster.putIndex('logdata-03012026', { documents: documentsOf('logdata-03012026') });
    await world.states.run('archive', { indices: ['logdata-03012026'] }, 'second');
    const run = await world.states.run('restore', { from: '2026-01-02', to: '2026-01-03', conflict: 'rename' });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { archives: 2 } });
    expect(world.cluster.indexNames()).toEqual(
      expect.arrayContaining([`restored-${other}`, 'restored-logdata-03012026']) as string[],
    );
    expect(world.cluster.indexNames()).not.toContain(`restored-${index}`);
  });

  it('never registers a repository while a volume is cold', async () => {
    await prepare();
    await restore({ conflict: 'rename' });
    const order = [...world.states.calls.keys()];
    expect(order.indexOf('DecryptAndUnpack')).toBeLessThan(order.indexOf('RegisterReadonlyRepository'));
    expect(world.states.calls.get('CheckThaw')).toBeGreaterThan(0);
  });
});

describe('an archive of several volumes', () => {
  it('has only those thawed and read that hold the root metadata or an asked index', async () => {
    await prepare({ volumeBytes: 4096 });
    const { volumes } = await readManifest(world.archive, archiveId);
    const needed = volumes.filter(({ indices }, n) => n === 0 || indices.includes(index)).map(({ key }) => key);
    expect(needed.length).toBeLessThan(volumes.length);
    const touched = new Set<string>();
    const thaw = world.archive.thaw.bind(world.archive);
    const get = world.archive.get.bind(world.archive);
    world.archive.thaw = (key, ...rest) => {
      touched.add(`thaw ${key}`);
      return thaw(key, ...rest);
    };
    world.archive.get = (key, ...rest) => {
      if (key.startsWith('archives/')) touched.add(`get ${key}`);
      return get(key, ...rest);
    };
    await expectRestored(await restore({ conflict: 'rename' }), `restored-${index}`);
    expect([...touched].sort()).toEqual(needed.flatMap((key) => [`get ${key}`, `thaw ${key}`]).sort());
  });
});

describe('an archive that was tampered with', () => {
  const flipped = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));
  const flip = async (key: string): Promise<void> =>
    world.archive.overwrite(key, flipped(await world.archive.read(key)));
  const kinds: [string, () => Promise<void>, string[]][] = [
    ['a volume', () => flipVolume(), ['VolumeNotAsSealed', 'VolumeCorrupt']],
    ['the manifest', () => flip(manifestKey(archiveId)), ['SealConflict', 'FormatInvalid']],
    ['SHA256SUMS', () => flip(checksumsKey(archiveId)), ['SealConflict', 'FormatInvalid']],
    ['its signature', () => flip(checksumsSignatureKey(archiveId)), ['SignatureInvalid']],
    [
      'the chain link',
      () => flip(chainLinkKey(1)),
      ['SignatureInvalid', 'ChainBroken', 'FormatInvalid', 'NoArchiveFound'],
    ],
    ["the chain link's signature", () => flip(chainSignatureKey(1)), ['SignatureInvalid', 'NoArchiveFound']],
  ];

  const flipVolume = async (): Promise<void> => {
    const { key } = (await readManifest(world.archive, archiveId)).volumes[0]!;
    world.archive.finishThaw(key);
    await flip(key);
  };

  it.each(kinds)(
    'in %s is refused before the cluster sees a byte, and leaves nothing behind',
    async (_, tamper, errors) => {
      await prepare();
      await tamper();
      const run = await restore({ conflict: 'rename' });
      expect(run.status).toBe('FAILED');
      expect(errors).toContain(run.error);
      expect(world.states.calls.has('RegisterReadonlyRepository')).toBe(false);
      expect(await keys(world.restore, restoredPrefix)).toEqual([]);
      expect(await world.cluster.repositories()).toEqual([]);
      expect(world.cluster.indexNames()).toEqual([index, other]);
    },
  );
});

describe('a fault at any state', () => {
  const states = [...Object.keys(restoreContracts).filter((state) => state !== 'UndoRestore'), 'DecryptAndUnpack'];
  const faults: Fault[] = states.flatMap((state) => [
    { state, when: 'before' },
    { state, when: 'after' },
  ]);

  it.each(faults)('$when $state is told once, harms no other index, and a redrive completes', async (fault) => {
    await prepare();
    world.states.break(fault);
    const executionArn = await world.states.start('restore', { archiveId, indices: [index], conflict: 'replace' });
    const failed = await world.states.ended(executionArn);
    if (fault.state === 'DecryptAndUnpack' && fault.when === 'after') {
      await expectRestored(failed, index);
      return;
    }
    const container = fault.state === 'DecryptAndUnpack';
    expect(failed).toMatchObject({ status: 'FAILED', error: container ? 'VolumeMissing' : 'InjectedFault' });
    const told = container ? 'CheckUnpacked' : fault.state;
    const reported = world.states.notices.map(({ subject }) => subject).filter((subject) => subject.includes('failed'));
    expect(reported).toEqual([`Permafrost: ${told} failed: ${String(failed.error)}`]);
    expect(await world.cluster.count(other)).toBe(20);
    expect(world.cluster.indexNames()).toContain(index);

    world.states.repair();
    await expectRestored(await redrive(executionArn), index);
    expect(world.cluster.indexNames()).toEqual([index, other]);
  });

  it('takes back a half-restored index, never one that it did not make', async () => {
    await prepare();
    world.cluster.restoresGo({ failedShards: 1 });
    const executionArn = await world.states.start('restore', { archiveId, conflict: 'rename' });
    expect(await world.states.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'RestoreFailed' });
    expect(world.cluster.indexNames()).toEqual([index, other]);
    expect(await world.cluster.repositories()).toEqual([]);
    expect(await keys(world.restore, restoredPrefix)).not.toEqual([]);
    world.cluster.restoresGo({ failedShards: 0 });
    const unpacked = world.states.calls.get('DecryptAndUnpack');
    expect(await redrive(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.states.calls.get('DecryptAndUnpack')).toBe(unpacked);
  });

  it('unpacks anew when the plaintext has lapsed before the redrive', async () => {
    await prepare();
    world.states.break({ state: 'StartRestore', when: 'before' });
    const executionArn = await world.states.start('restore', { archiveId, indices: [index], conflict: 'rename' });
    await world.states.ended(executionArn);
    await world.restore.delete(await keys(world.restore, restoredPrefix));
    world.states.repair();
    await expectRestored(await redrive(executionArn), `restored-${index}`);
    expect(world.states.calls.get('DecryptAndUnpack')).toBe(2);
  });

  it('keeps the verified copy and names it when the replacement fails', async () => {
    await prepare();
    // The copy is restored whole; the restore over the open index is not.
    const begin = world.cluster.startRestore.bind(world.cluster);
    world.cluster.startRestore = async (repository, snapshot, names) => {
      world.cluster.restoresGo({ failedShards: names.to === index ? 1 : 0 });
      await begin(repository, snapshot, names);
    };
    const executionArn = await world.states.start('restore', { archiveId, indices: [index], conflict: 'replace' });
    const failed = await world.states.ended(executionArn);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'RestoreFailed' });
    const copy = world.cluster.indexNames().find((name) => name.startsWith('restoring-'))!;
    expect(await world.cluster.count(copy)).toBe(20);
    expect(world.states.notices[0]!.message).toContain(copy);
    world.cluster.startRestore = begin;
    world.cluster.restoresGo({ failedShards: 0 });
    await expectRestored(await redrive(executionArn), index);
  });
});

describe('a private key that does not fit', () => {
  it('fails by name, and leaves nothing behind', async () => {
    await prepare();
    const { armored } = world.privateKey;
    world.privateKey.armored = armored.replace(/[A-Za-z]{20}/, 'A'.repeat(20));
    const run = await restore({ conflict: 'rename' });
    expect(run).toMatchObject({ status: 'FAILED', error: 'DecryptionKeyUnusable' });
    expect(await keys(world.restore, restoredPrefix)).toEqual([]);
    expect(JSON.stringify(world.states.notices)).not.toContain('AAAAAAAAAA');
  });
});
