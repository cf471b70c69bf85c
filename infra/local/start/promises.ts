import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { findLink, readSealedManifest } from '../../../archive/catalogue.ts';
import { repositoryPrefix } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { CopiedObjects } from './last-run.ts';

export interface Check {
  readonly promise: string;
  readonly held: boolean;
  readonly why?: string;
}

export interface Witnesses {
  readonly archive: ObjectStore;
  readonly staging: ObjectStore;
  /** Asked directly, not through the project's own client: a witness of its own. */
  readonly openSearchUrl: string;
  readonly s3: S3Client;
  /** Documents that were loaded, by index, before the run. */
  readonly loaded: ReadonlyMap<string, number>;
  /** Subjects of the notices of the run. */
  readonly notices: readonly string[];
}

/** Holds what was promised against what is there now, each by itself: one that fails does not hide the others. */
export async function checkPromises(
  archiveId: string,
  copied: CopiedObjects,
  witnesses: Witnesses,
): Promise<{ manifest: Manifest; checks: Check[] }> {
  const { archive, staging, openSearchUrl, s3, loaded, notices } = witnesses;
  const sealed = await findLink(archive, archiveId);
  if (!sealed) throw new Error(`Archive ${archiveId} is not sealed`);
  const manifest = await readSealedManifest(archive, sealed);
  const check = async (promise: string, prove: () => Promise<string | undefined>): Promise<Check> => {
    try {
      const why = await prove();
      return { promise, held: why === undefined, ...(why !== undefined && { why }) };
    } catch (error) {
      return { promise, held: false, why: String(error) };
    }
  };
  const checks = [
    await check('sealed by a signed chain link over manifest and checksums', () => Promise.resolve(undefined)),
    await check('every document is accounted for', () =>
      Promise.resolve(
        firstFault(manifest.indices, ({ name, documents }) =>
          documents.exact && documents.count === loaded.get(name)
            ? undefined
            : `${name}: ${documents.count} of ${loaded.get(name) ?? 0} documents, exact: ${String(documents.exact)}`,
        ),
      ),
    ),
    await check('every volume has the bytes that the manifest signs', () =>
      Promise.resolve(
        firstFault(manifest.volumes, ({ key, sha256 }) =>
          copied.get(key) === sha256 ? undefined : `${key}: SHA-256 ${copied.get(key) ?? 'of nothing'}`,
        ),
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
      const repositories = Object.keys((await ask(openSearchUrl, '/_snapshot')) as object);
      return repositories.length > 0 ? `repositories: ${repositories.join(', ')}` : undefined;
    }),
    await check('the source indices are untouched', async () => {
      for (const [index, documents] of loaded) {
        const { count } = (await ask(openSearchUrl, `/${index}/_count`)) as { count: number };
        if (count !== documents) return `${index}: ${count} of ${documents} documents`;
      }
      return undefined;
    }),
    await check('one notice was sent', () =>
      Promise.resolve(notices.length === 1 ? undefined : `${notices.length}: ${notices.join(' | ')}`),
    ),
  ];
  return { manifest, checks };
}

const firstFault = <T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined =>
  items.map(fault).find((why) => why !== undefined);

async function ask(openSearchUrl: string, path: string): Promise<unknown> {
  const response = await fetch(new URL(path, openSearchUrl));
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
