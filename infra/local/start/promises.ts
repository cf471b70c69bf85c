import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { readManifest } from '../../../archive/catalogue.ts';
import { repositoryPrefix } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import { verifyArchive } from '../../../archive/verify-archive.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { askCluster, check, countDocuments, type Check } from './check.ts';
import type { CopiedObjects } from './last-run.ts';

export interface Witnesses {
  readonly archive: ObjectStore;
  readonly staging: ObjectStore;
  /** Asked directly, not through the project's own client: a witness of its own. */
  readonly openSearchUrl: string;
  readonly s3: S3Client;
  /** Fingerprint of the signing key, as its keeper has it: not as the bucket says. */
  readonly trusted: ReadonlySet<string>;
  /** Lines that were dropped into the log bucket, by the index that they must be in. */
  readonly loaded: ReadonlyMap<string, number>;
  /** Subjects of the notices of the run. */
  readonly notices: readonly string[];
}

/** Holds what was promised of an archive against what is there now. */
export async function checkPromises(
  archiveId: string,
  copied: CopiedObjects,
  witnesses: Witnesses,
): Promise<{ manifest: Manifest; checks: Check[] }> {
  const { archive, staging, openSearchUrl, s3, loaded, notices } = witnesses;
  const manifest = await readManifest(archive, archiveId);
  const checks = [
    await check('sealed: chain, signatures, digests and stored versions verify', async () => {
      await verifyArchive(archive, archiveId, { trusted: witnesses.trusted });
      return undefined;
    }),
    await check('every document is accounted for', () =>
      firstFault(manifest.indices, ({ name, documents }) =>
        documents.exact && documents.count === loaded.get(name)
          ? undefined
          : `${name}: ${documents.count} of ${loaded.get(name) ?? 0} documents, exact: ${String(documents.exact)}`,
      ),
    ),
    await check('every volume has the bytes that the manifest signs', () =>
      firstFault(manifest.volumes, ({ key, sha256 }) =>
        copied.get(key) === sha256 ? undefined : `${key}: SHA-256 ${copied.get(key) ?? 'of nothing'}`,
      ),
    ),
    await check('every volume is locked for the full term', async () => {
      for (const { key, versionId } of manifest.volumes) {
        const lock = (await archive.head(key, versionId))?.retention;
        if (lock?.mode !== 'COMPLIANCE' || lock.until < new Date(manifest.retention.until)) return `${key} is not`;
      }
      return undefined;
    }),
    await check('no volume can be deleted', async () => {
      for (const { key: Key, versionId: VersionId } of manifest.volumes) {
        const refused = await s3.send(new DeleteObjectCommand({ Bucket: archive.bucket, Key, VersionId })).then(
          () => false,
          () => true,
        );
        if (!refused) return `${Key} could be deleted`;
      }
      return undefined;
    }),
    await check('staging is empty, snapshot and repository are gone', async () => {
      for await (const { key } of staging.list(repositoryPrefix(archiveId))) return `${key} is still there`;
      const repositories = Object.keys((await askCluster(openSearchUrl, '/_snapshot')) as object);
      return repositories.length > 0 ? `repositories: ${repositories.join(', ')}` : undefined;
    }),
    await check('every line that was dropped is indexed once, and the source indices are untouched', async () => {
      for (const [index, documents] of loaded) {
        const count = await countDocuments(openSearchUrl, index);
        if (count !== documents) return `${index}: ${count} of ${documents} documents`;
      }
      return undefined;
    }),
    await check('one notice was sent', () =>
      notices.length === 1 ? undefined : `${notices.length}: ${notices.join(' | ')}`,
    ),
  ];
  return { manifest, checks };
}

const firstFault = <T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined =>
  items.map(fault).find((why) => why !== undefined);
