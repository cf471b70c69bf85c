import { beforeEach, describe, expect, it } from 'vitest';
import { restorePlanKey, volumeKey } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import type { RestoreSummary } from '../../../workflow/restore-contracts.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { refused } from '../../archive/verify-example.ts';
import { emptyWorld, first, locate, planOf, restoreId, sealDay, type World } from './plan-example.ts';

const archiveId = idOfDay(2);
let world: World;
let manifest: Manifest;
beforeEach(async () => {
  world = await emptyWorld();
  manifest = await sealDay(world, 2);
});

const located = async (request: object): Promise<unknown> => locate(world, { archiveId, ...request });
const plan = (): Promise<RestoreSummary> => planOf(world);

describe('the thaw', () => {
  it.each([
    ['GLACIER', 'Expedited', 0.25],
    ['GLACIER', 'Standard', 5],
    ['GLACIER', 'Bulk', 12],
    ['DEEP_ARCHIVE', 'Standard', 12],
    ['DEEP_ARCHIVE', 'Bulk', 48],
  ])('from %s by %s takes up to %d hours', async (storageClass, tier, hours) => {
    world.archive.freeze(volumeKey(archiveId, 1), storageClass);
    await located({ thaw: { tier } });
    expect((await plan()).thaw).toMatchObject({
      tier,
      hours,
      volumesToThaw: 1,
      bytesToThaw: manifest.volumes[0]!.bytes,
    });
  });

  it('is none where nothing is frozen', async () => {
    await located({ thaw: { tier: 'Expedited' } });
    expect((await plan()).thaw).toMatchObject({ hours: 0, volumesToThaw: 0, bytesToThaw: 0 });
  });

  it('that is in progress is waited for and not asked for again', async () => {
    const key = volumeKey(archiveId, 1);
    world.archive.freeze(key, 'GLACIER');
    await world.archive.thaw(key, manifest.volumes[0]!.versionId, 'Standard', 3);
    await located({});
    expect((await plan()).thaw).toMatchObject({ hours: 5, volumesToThaw: 0 });
  });

  it('is not counted for volumes that hold no asked index', async () => {
    world.archive.freeze(volumeKey(archiveId, 2), 'GLACIER');
    await located({ indices: [first] });
    expect((await plan()).thaw).toMatchObject({ hours: 0, volumesToThaw: 0 });
  });

  it('by a tier that the storage class does not have is refused', async () => {
    world.archive.freeze(volumeKey(archiveId, 2), 'DEEP_ARCHIVE');
    await located({ thaw: { tier: 'Expedited' } });
    await expect(plan()).rejects.toEqual(
      refused('InvalidRequest', 'Expedited', 'DEEP_ARCHIVE', volumeKey(archiveId, 2)),
    );
    expect(await world.restore.head(restorePlanKey(restoreId))).toBeUndefined();
  });
});
