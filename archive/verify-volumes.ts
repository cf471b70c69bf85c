import type { ObjectStore, ObjectVersion } from '../ports/object-store.ts';
import { VolumeNotAsSealed } from '../workflow/errors.ts';
import { archivePrefix } from './keys.ts';
import type { Manifest, ManifestVolume } from './manifest.ts';
import { inParallel } from './verify-in-parallel.ts';

const PARALLEL_HEADS = 16;

/**
 * Checks what the store says of every volume of an archive, reading none: the manifest's version is there and is the newest of
 * its key, has the manifest's length, and is under COMPLIANCE lock until the end of the term, or the term has ended.
 * @throws VolumeNotAsSealed naming volume and check.
 */
export async function verifyVolumes(store: ObjectStore, manifest: Manifest, now: Date): Promise<void> {
  const newest = new Map<string, ObjectVersion>();
  for await (const version of store.listVersions(archivePrefix(manifest.archiveId))) {
    if (version.isLatest) newest.set(version.key, version);
  }
  await inParallel(manifest.volumes, PARALLEL_HEADS, async (volume) => {
    await verifyVolume(store, volume, newest.get(volume.key), manifest.retention.until, now);
  });
}

async function verifyVolume(
  store: ObjectStore,
  { key, versionId, bytes }: ManifestVolume,
  newest: ObjectVersion | undefined,
  until: string,
  now: Date,
): Promise<void> {
  const refuse = (fault: string): never => {
    throw new VolumeNotAsSealed(`${key}: ${fault}`);
  };
  if (newest === undefined)
    return refuse(`no version of it is there; the archive's term ${now < new Date(until) ? 'ends' : 'ended'} ${until}`);
  if (newest.isDeleteMarker) return refuse('a delete marker stands over it');
  const stored = await store.head(key, versionId);
  if (!stored) return refuse(`version ${versionId}, which the manifest names, is gone`);
  if (newest.versionId !== versionId) {
    return refuse(`version ${newest.versionId} stands over version ${versionId}, which the manifest names`);
  }
  if (stored.bytes !== bytes) return refuse(`has ${stored.bytes} bytes, the manifest says ${bytes}`);
  if (now >= new Date(until)) return;
  const lock = stored.retention;
  if (lock?.mode !== 'COMPLIANCE' || lock.until < new Date(until)) {
    const is = lock ? `locked in ${lock.mode} until ${lock.until.toISOString()}` : 'not locked';
    refuse(`is ${is}, the manifest says COMPLIANCE until ${until}`);
  }
}
