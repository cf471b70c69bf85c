import { StagingForeign } from '../workflow/errors.ts';

/**
 * What OpenSearch writes into a repository's root: generations of its list of snapshots, the number of the newest, and
 * two files a snapshot. https://github.com/opensearch-project/OpenSearch/blob/3.8.0/server/src/main/java/org/opensearch/repositories/blobstore/package-info.java
 */
const rootMetadata = /^(index-(0|[1-9]\d{0,18})|index\.latest|(snap|meta)-[A-Za-z0-9_-]{1,64}\.dat)$/;

/** Paths are relative to the repository's prefix. */
export const isRootMetadata = (path: string): boolean => rootMetadata.test(path);

/** The index's folder that a path is in: `indices/<repositoryId>/...`; undefined for every other path. */
export function repositoryIdOf(path: string): string | undefined {
  const [folder, id, ...rest] = path.split('/');
  return folder === 'indices' && id !== undefined && rest.length > 0 ? id : undefined;
}

/**
 * Refuses paths that are neither root metadata nor in the folder of an index of the snapshot: sealed, they would make an archive
 * that the restore refuses.
 * @throws StagingForeign naming up to ten
 */
export function requireOwnPaths(paths: Iterable<string>, repositoryIds: Iterable<string>): void {
  const known = new Set(repositoryIds);
  const foreign = [...paths].filter((path) => !isRootMetadata(path) && !known.has(repositoryIdOf(path) ?? ''));
  if (foreign.length === 0) return;
  throw new StagingForeign(
    `${foreign.length} staged objects do not belong to the snapshot's repository: ${foreign.slice(0, 10).join(', ')}`,
  );
}
