import { HostileEntry } from '../../workflow/errors.ts';

/** Which paths of a repository a volume may hold, and which of them are asked for. */
export interface RepositoryPaths {
  /** Of every index of the archive: folders `indices/<id>/`. */
  readonly repositoryIds: readonly string[];
  readonly wantedRepositoryIds: readonly string[];
  /** Root metadata is in volume 1 and in no other. */
  readonly volume: number;
}

/**
 * What OpenSearch writes into a repository's root: generations of its list of snapshots, the number of the newest, and
 * two files a snapshot. https://github.com/opensearch-project/OpenSearch/blob/3.8.0/server/src/main/java/org/opensearch/repositories/blobstore/package-info.java
 */
const rootMetadata = /^(index-(0|[1-9]\d{0,18})|index\.latest|(snap|meta)-[A-Za-z0-9_-]{1,64}\.dat)$/;

/**
 * A function that tells of a path whether it is to be written (true) or only checked.
 * @throws HostileEntry (the function) for a path that no volume of this archive has.
 */
export function wantedPaths({
  repositoryIds,
  wantedRepositoryIds,
  volume,
}: RepositoryPaths): (path: string) => boolean {
  const known = new Set(repositoryIds);
  const wanted = new Set(wantedRepositoryIds);
  return (path) => {
    const [folder, id = '', ...rest] = path.split('/');
    if (folder === 'indices' && known.has(id) && rest.length > 0) return wanted.has(id);
    if (!rootMetadata.test(path))
      throw new HostileEntry(
        `The tar entry ${JSON.stringify(path)} is neither root metadata of a repository nor in the folder of one of the archive's indices.`,
      );
    if (volume !== 1)
      throw new HostileEntry(`The tar entry ${JSON.stringify(path)} is root metadata, which only volume 1 holds.`);
    return true;
  };
}
