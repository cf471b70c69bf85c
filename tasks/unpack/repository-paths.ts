import { isRootMetadata, repositoryIdOf } from '../../archive/repository-paths.ts';
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
    const id = repositoryIdOf(path);
    if (id !== undefined && known.has(id)) return wanted.has(id);
    if (!isRootMetadata(path))
      throw new HostileEntry(
        `The tar entry ${JSON.stringify(path)} is neither root metadata of a repository nor in the folder of one of the archive's indices.`,
      );
    if (volume !== 1)
      throw new HostileEntry(`The tar entry ${JSON.stringify(path)} is root metadata, which only volume 1 holds.`);
    return true;
  };
}
