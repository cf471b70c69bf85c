import { buildManifest } from '../../archive/build-manifest.ts';
import { appendLink, writeSeal } from '../../archive/catalogue.ts';
import type { Manifest } from '../../archive/manifest.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { exampleRun, volumeContent } from './example-run.ts';

export const retainUntil = new Date('2033-01-01T00:00:00.000Z');

/** The id of an archive that started on this day of January 2026. */
export const idOfDay = (day: number): string => `logdata-2026-01-${String(day).padStart(2, '0')}t02-00-00-a1b2c3`;

export async function exampleManifest(signer: Signer, archiveId: string): Promise<Manifest> {
  return buildManifest(exampleRun(archiveId, { keyId: await signer.keyId(), algorithm: signer.algorithm }));
}

/** Stores the volumes of an example archive and seals it. */
export async function seal(
  store: ObjectStore,
  signer: Signer,
  archiveId: string,
  sealedAt = new Date('2026-02-01T00:00:00.000Z'),
): Promise<{ sequence: number; linkSha256: string }> {
  const manifest = await exampleManifest(signer, archiveId);
  for (const [position, { key }] of manifest.volumes.entries()) {
    await store.put(key, volumeContent(archiveId, position + 1), { ifAbsent: true, retainUntil });
  }
  const { checksumsSha256 } = await writeSeal(store, signer, manifest, retainUntil);
  return appendLink(store, signer, { archiveId, checksumsSha256, retainUntil, sealedAt });
}
