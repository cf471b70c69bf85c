import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chainLinkKey, manifestKey, restorePlanKey, restoreRequestKey, volumeKey } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import { parseRestorePlan, type RestorePlan } from '../../../archive/restore-records.ts';
import { listPrices } from '../../../functions/restore/plan/prices.ts';
import { parseLocatedRestore } from '../../../functions/restore/plan/request.ts';
import { environment, type Ports } from '../../../functions/restore/plan-restore.ts';
import type { Signer } from '../../../ports/signer.ts';
import { readEnvironment } from '../../../workflow/environment.ts';
import type { RestoreSummary } from '../../../workflow/restore-contracts.ts';
import { memorySigner } from '../../support/memory-signer.ts';
import { volumeContent } from '../../archive/example-run.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { fingerprintsOf, refused, sealStored } from '../../archive/verify-example.ts';
import {
  emptyWorld,
  execution,
  first,
  locate,
  ofVersion,
  planOf,
  restoreId,
  sealDay,
  second,
  type World,
} from './plan-example.ts';

const archiveId = idOfDay(2);
let signer: Signer;
let world: World;
let manifest: Manifest;
beforeAll(() => {
  signer = memorySigner({ keyId: 'key-1' });
});
beforeEach(async () => {
  world = await emptyWorld(signer);
  manifest = await sealDay(world, 2);
});

const plan = (ports: Partial<Ports> = {}): Promise<RestoreSummary> => planOf(world, ports);
const planned = async (): Promise<RestorePlan> => parseRestorePlan(await world.restore.read(restorePlanKey(restoreId)));
const located = async (request: object = {}): Promise<unknown> => locate(world, { archiveId, ...request });
const hasPlan = async (): Promise<boolean> => (await world.restore.head(restorePlanKey(restoreId))) !== undefined;

describe('the plan of a restore', () => {
  it('says what is read, thawed, paid and needed', async () => {
    for (const { key } of manifest.volumes) world.archive.freeze(key, 'DEEP_ARCHIVE');
    world.cluster.setFreeBytes(1_000_000);
    await located({ conflict: 'rename', thaw: { tier: 'Bulk' }, replicas: 1 });
    const bytes = manifest.volumes[0]!.bytes + manifest.volumes[1]!.bytes;
    expect(await plan()).toEqual({
      restoreId,
      conflict: 'rename',
      archives: [archiveId],
      indexCount: 2,
      documents: 20,
      indices: [
        { name: first, to: `restored-${first}`, documents: 10 },
        { name: second, to: `restored-${second}`, documents: 10 },
      ],
      volumes: 2,
      bytes,
      thaw: { tier: 'Bulk', days: 3, hours: 48, volumesToThaw: 2, bytesToThaw: bytes },
      cost: expect.objectContaining({ currency: 'USD', amount: 0.01 }) as unknown,
      disk: { neededBytes: 2 * (manifest.indices[0]!.bytes + manifest.indices[1]!.bytes), freeBytes: 1_000_000 },
      versions: { cluster: '3.8.0', created: ['3.8.0'], written: ['3.8.0'], verdict: expect.any(String) as unknown },
      warnings: [],
    });
  });

  it('is written for the states that follow', async () => {
    await located({ indices: [second], leaseDays: 7 });
    await plan({ replicas: 1 });
    expect(await planned()).toEqual({
      restoreId,
      archives: [
        {
          archiveId,
          repository: `${restoreId}-1`,
          snapshot: archiveId,
          profile: 'gpg',
          targets: [{ index: manifest.indices[1], to: second, via: null }],
          volumes: manifest.volumes.map((volume, n) => ({ number: n + 1, ...volume })),
          repositoryIds: ['repo-1', 'repo-2'],
          wantedRepositoryIds: ['repo-2'],
        },
      ],
      conflict: 'fail',
      thaw: { tier: 'Standard', days: 3 },
      replicas: 1,
      leaseDays: 7,
      execution: execution.id,
    });
  });

  it('leaves out volumes that hold no asked index, but never volume 1', async () => {
    await located({ indices: [first] });
    await plan();
    expect((await planned()).archives[0]!.volumes.map(({ number }) => number)).toEqual([1]);
  });

  it('takes several archives, each in a repository of its own', async () => {
    await sealDay(world, 3, ({ name }) => ({
      name: name === first ? 'logdata-03012026' : 'logdata-04012026',
      uuid: name,
    }));
    await locate(world, { from: '2026-01-02', to: '2026-01-03' });
    expect(await plan()).toMatchObject({ archives: [archiveId, idOfDay(3)], indexCount: 2, volumes: 3 });
    expect(
      (await planned()).archives.map(({ repository, targets }) => [repository, targets.map(({ to }) => to)]),
    ).toEqual([
      [`${restoreId}-1`, [second]],
      [`${restoreId}-2`, ['logdata-03012026']],
    ]);
  });

  it('lists at most 50 indices in its summary, and all in its record', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `index-${String(n).padStart(2, '0')}`);
    await sealStored(world.archive, signer, idOfDay(3), (sealed) => ({
      ...sealed,
      indices: names.map((name) => ({ ...sealed.indices[0]!, name, uuid: name, repositoryId: name })),
      volumes: sealed.volumes.map((volume) => ({ ...volume, indices: names })),
    }));
    await locate(world, { archiveId: idOfDay(3) });
    const summary = await plan();
    expect(summary).toMatchObject({ indexCount: 60, documents: 600 });
    expect(summary.indices.map(({ name }) => name)).toEqual(names.slice(0, 50));
    expect((await planned()).archives[0]!.targets.map(({ to }) => to)).toEqual(names);
  });
});

describe('a plan is refused, and none is written,', () => {
  it.each<[string, () => unknown, unknown]>([
    [
      'when a volume was replaced',
      () => world.archive.put(volumeKey(archiveId, 2), volumeContent(archiveId, 2)),
      refused('VolumeNotAsSealed', volumeKey(archiveId, 2)),
    ],
    [
      'when a volume that is not even asked for was hidden',
      () => world.archive.delete([volumeKey(archiveId, 2)]),
      refused('VolumeNotAsSealed', volumeKey(archiveId, 2), 'delete marker'),
    ],
    [
      'when a manifest was changed after it was located',
      () => world.archive.overwrite(manifestKey(archiveId), Buffer.from('{}')),
      refused('SealConflict', manifestKey(archiveId)),
    ],
    [
      'when the chain was changed',
      () => world.archive.overwrite(chainLinkKey(1), Buffer.from('{}')),
      refused('FormatInvalid', chainLinkKey(1)),
    ],
  ])('%s', async (_what, tamper, error) => {
    await located({ indices: [first] });
    await tamper();
    await expect(plan()).rejects.toEqual(error);
    expect(await hasPlan()).toBe(false);
  });

  it('under a key that is not trusted', async () => {
    await located();
    const trusted = await fingerprintsOf(memorySigner());
    await expect(plan({ trusted })).rejects.toEqual(refused('SignatureInvalid', 'not a trusted one'));
    expect(await hasPlan()).toBe(false);
  });

  it('on a cluster older than the one that wrote the snapshot', async () => {
    await located();
    await expect(plan({ cluster: ofVersion(world.cluster, '2.19.6') })).rejects.toEqual(
      refused('VersionIncompatible', '2.19.6', `${archiveId} (3.8.0)`, 'Upgrade the cluster to 3.8.0'),
    );
    expect(await hasPlan()).toBe(false);
  });

  it('for an index created two majors ago, and not when others of the archive are', async () => {
    const cluster = { uuid: 'u', name: 'old', version: '2.19.6' };
    await sealDay(world, 3, ({ name }) => ({ createdVersion: name === first ? '1.3.20' : '2.4.0' }), { cluster });
    await locate(world, { archiveId: idOfDay(3) });
    await expect(plan()).rejects.toEqual(refused('VersionIncompatible', '3.8.0', `${first} (1.3.20)`));
    await world.restore.delete([restoreRequestKey(restoreId)]);
    await locate(world, { archiveId: idOfDay(3), indices: [second] });
    expect((await plan()).versions).toMatchObject({ created: ['2.4.0'], written: ['2.19.6'] });
  });

  it('when the cluster lacks disk', async () => {
    const needed = manifest.indices[0]!.bytes * 3;
    await located({ indices: [first], replicas: 2 });
    world.cluster.setFreeBytes(needed - 1);
    await expect(plan()).rejects.toEqual(refused('DiskInsufficient', `${needed} bytes`));
    expect(await hasPlan()).toBe(false);
    world.cluster.setFreeBytes(needed);
    await expect(plan()).resolves.toBeDefined();
  });
});

describe('names that are taken', () => {
  it('are refused by default, open or closed, all of them listed', async () => {
    world.cluster.putIndex(first);
    world.cluster.putIndex(second, { state: 'close' });
    await located();
    await expect(plan()).rejects.toEqual(refused('IndexExists', '2 of 2', first, second));
  });

  it('are taken over with replace, by way of a temporary name and with twice the disk', async () => {
    world.cluster.putIndex(first);
    await located({ conflict: 'replace' });
    const [one, two] = manifest.indices.map(({ bytes }) => bytes) as [number, number];
    expect((await plan()).disk.neededBytes).toBe(2 * one + two);
    expect((await planned()).archives[0]!.targets.map(({ to, via }) => [to, via])).toEqual([
      [first, `restoring-7021f9-${first}`],
      [second, null],
    ]);
  });

  it('are found among the names that begin with a dot', async () => {
    const hidden = '.ds-logs-000001';
    await sealDay(world, 3, ({ name }) => (name === first ? { name: hidden } : {}));
    world.cluster.putIndex(hidden);
    await locate(world, { archiveId: idOfDay(3) });
    await expect(plan()).rejects.toEqual(refused('IndexExists', hidden));
  });
});

describe('a second attempt', () => {
  it('keeps the plan, whatever has changed in the cluster since', async () => {
    await located({ conflict: 'replace' });
    const summary = await plan();
    const before = await planned();
    world.cluster.putIndex(first);
    world.cluster.setFreeBytes(0);
    expect(await plan({ replicas: 3 })).toEqual({ ...summary, disk: { ...summary.disk, freeBytes: 0 } });
    expect(await planned()).toEqual(before);
  });

  it('verifies the archives again', async () => {
    await located();
    await plan();
    await world.archive.delete([volumeKey(archiveId, 1)]);
    await expect(plan()).rejects.toMatchObject({ name: 'VolumeNotAsSealed' });
  });
});

it('warns of what was passed over: catalogue files under later versions, indices of the same name', async () => {
  await world.archive.delete([manifestKey(archiveId)]);
  await world.archive.put(chainLinkKey(1), Buffer.from('{}'));
  await sealDay(world, 3, ({ name }) => ({ uuid: `another ${name}` }));
  await locate(world, { from: '2026-01-01', to: '2026-01-01' });
  const located = parseLocatedRestore(await world.restore.read(restoreRequestKey(restoreId)));
  expect(located).toMatchObject({ archives: [{ archiveId: idOfDay(3) }] });
  expect((await plan()).warnings).toEqual([
    expect.stringContaining(`${first}: taken from ${idOfDay(3)}`),
    expect.stringContaining(chainLinkKey(1)),
  ]);
});

it('reads its variables, and takes the list prices where none are set', () => {
  const variables = {
    DOMAIN_ENDPOINT: 'https://example.org',
    AWS_REGION: 'eu-west-1',
    ARCHIVE_BUCKET: 'aaa',
    RESTORE_BUCKET: 'bbb',
    TRUSTED_SIGNING_KEYS: '0'.repeat(64),
    REPLICAS: '1',
  };
  expect(readEnvironment(environment, variables)).toMatchObject({ PRICES: listPrices, REPLICAS: 1 });
  expect(() => readEnvironment(environment, { ...variables, REPLICAS: '-1' })).toThrow('REPLICAS');
});
