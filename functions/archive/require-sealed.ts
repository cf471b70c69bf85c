import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { ArchiveNotSealed } from '../../workflow/errors.ts';

/**
 * Nothing is deleted before its archive is proven: every function that removes something asks here first. The chain link must
 * be signed by the archiving side's own key, whatever keys the bucket offers.
 * @returns the sealed manifest
 * @throws ArchiveNotSealed, and what reading the catalogue throws (`ChainBroken`, `SealConflict`, `SignatureInvalid`, ...)
 */
export async function requireSealed(archive: ObjectStore, signer: Signer, archiveId: string): Promise<Manifest> {
  const trusted = new Set([keyFingerprint(await signer.publicKeyPem())]);
  const sealed = await findLink(archive, archiveId, { trusted });
  if (!sealed) throw new ArchiveNotSealed(`Archive ${archiveId} has no signed chain link: nothing of it is removed`);
  return readSealedManifest(archive, sealed);
}
