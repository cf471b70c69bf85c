import type { PlannedArchive } from '../../../archive/restore-records.ts';
import { inParallel } from '../../../archive/verify-in-parallel.ts';
import type { ObjectStore, ThawTier } from '../../../ports/object-store.ts';
import { InvalidRequest, VolumeNotAsSealed } from '../../../workflow/errors.ts';
import type { FrozenVolume } from './prices.ts';
import { coldClass, thawHours } from './thaw-times.ts';

export interface ThawNeed {
  /** The longest that the thaw takes, 0 where everything can be read; volumes that are being thawed count as if asked for now. */
  readonly hours: number;
  readonly frozen: readonly FrozenVolume[];
}

const PARALLEL_HEADS = 16;

/** Looks which volumes have to be thawed. @throws InvalidRequest when the tier does not exist for their storage class */
export async function findThawNeed(
  store: ObjectStore,
  archives: readonly PlannedArchive[],
  tier: ThawTier,
): Promise<ThawNeed> {
  const volumes = archives.flatMap((archive) => archive.volumes);
  const facts = await inParallel(volumes, PARALLEL_HEADS, async ({ key, versionId }) => {
    const found = await store.head(key, versionId);
    if (!found) throw new VolumeNotAsSealed(`${key}: version ${versionId}, which the manifest names, is gone`);
    return found;
  });
  const cold = facts.filter(({ access }) => access !== 'ready');
  let hours = 0;
  for (const { key, storageClass } of cold) {
    const longest = thawHours[coldClass(storageClass)][tier];
    if (longest === undefined) {
      throw new InvalidRequest(
        `No thaw of tier ${tier} exists for ${storageClass} (${key}): ask for "Standard" or "Bulk"`,
      );
    }
    hours = Math.max(hours, longest);
  }
  const frozen = cold.filter(({ access }) => access === 'frozen');
  return { hours, frozen: frozen.map(({ bytes, storageClass }) => ({ bytes, storageClass })) };
}
