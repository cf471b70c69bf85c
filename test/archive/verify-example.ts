import { expect } from 'vitest';
import { buildManifest } from '../../archive/build-manifest.ts';
import { appendLink, writeSeal } from '../../archive/catalogue.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import type { ObjectStore, ObjectVersion } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { exampleRun, volumeContent } from './example-run.ts';

/** Stores, locks and seals an archive whose manifest names the versions as they are stored. `change` is made to the manifest before. */
export async function sealStored(
  store: ObjectStore,
  signer: Signer,
  archiveId: string,
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<Manifest> {
  const run = exampleRun(archiveId, { keyId: await signer.keyId(), algorithm: signer.algorithm });
  const retainUntil = new Date(run.plan.retainUntil);
  const receipts = [];
  for (const receipt of run.receipts) {
    const content = volumeContent(archiveId, receipt.volume);
    const { versionId } = await store.put(receipt.key, content, { ifAbsent: true, retainUntil });
    receipts.push({ ...receipt, versionId: versionId! });
  }
  const manifest = change(buildManifest({ ...run, receipts }));
  const { checksumsSha256 } = await writeSeal(store, signer, manifest, retainUntil);
  const sealedAt = new Date('2026-02-01T00:00:00.000Z');
  await appendLink(store, signer, { archiveId, checksumsSha256, retainUntil, sealedAt });
  return manifest;
}

export const fingerprintsOf = async (...signers: readonly Signer[]): Promise<Set<string>> =>
  new Set(await Promise.all(signers.map(async (signer) => keyFingerprint(await signer.publicKeyPem()))));

/** The store as it is after these versions were removed for good, as only whoever can break the lock could do. */
export function without(store: ObjectStore, removed: (version: ObjectVersion) => boolean): ObjectStore {
  return {
    ...store,
    async *listVersions(prefix) {
      for await (const version of store.listVersions(prefix)) if (!removed(version)) yield version;
    },
  };
}

/** Numbers from 0 to below `limit`, always the same for a seed (a linear congruential generator, as in ANSI C). */
export function seededNumbers(seed: number, count: number, limit: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  });
}

/** Fits an error of this name whose message has these words, in this order. */
export const refused = (name: string, ...words: string[]): unknown =>
  expect.objectContaining({
    name,
    message: expect.stringMatching(
      new RegExp(words.map((word) => word.replace(/[.*+?(){}[\]|^$\\]/g, '\\$&')).join('.*')),
    ) as unknown,
  });
