import { VersionIncompatible } from '../../../workflow/errors.ts';
import type { RestoreSummary } from '../../../workflow/restore-contracts.ts';

export interface ArchivedVersions {
  readonly archiveId: string;
  /** Version of the cluster that wrote the snapshot. */
  readonly written: string;
  readonly indices: readonly { readonly name: string; readonly createdVersion: string }[];
}

/**
 * Whether a cluster can read what archives hold. Lucene reads indices of its own and of the previous major version, whatever
 * version wrote them last; and OpenSearch refuses a snapshot of a later version than its own.
 * @returns the verdict, and a warning for each index whose version cannot be read: only the cluster can tell
 * @throws VersionIncompatible naming the indices and the way out
 */
export function judgeVersions(
  cluster: string,
  archives: readonly ArchivedVersions[],
): { versions: RestoreSummary['versions']; warnings: string[] } {
  const own = lucene(cluster);
  if (own === undefined) throw new VersionIncompatible(`The cluster's version "${cluster}" cannot be read`);
  const newer = archives.filter(({ written }) => isNewer(written, cluster));
  if (newer.length > 0) {
    const newest = newer.map(({ written }) => written).reduce((a, b) => (isNewer(a, b) ? a : b));
    throw new VersionIncompatible(
      `A cluster of version ${cluster} reads no snapshot of a later version: ${listed(newer, ({ archiveId, written }) => `${archiveId} (${written})`)}. ` +
        `Upgrade the cluster to ${newest} or later, or restore into one of that version`,
    );
  }
  const indices = archives.flatMap((archive) => archive.indices);
  const tooOld = indices.filter(({ createdVersion }) => (lucene(createdVersion) ?? own) < own - 1);
  const tooNew = indices.filter(({ createdVersion }) => (lucene(createdVersion) ?? own) > own);
  if (tooOld.length > 0 || tooNew.length > 0) throw incompatible(cluster, tooOld, tooNew);
  const unknown = indices.filter(({ createdVersion }) => lucene(createdVersion) === undefined);
  const versions = {
    cluster,
    created: distinct(indices.map(({ createdVersion }) => createdVersion)),
    written: distinct(archives.map(({ written }) => written)),
    verdict: `A cluster of version ${cluster} reads indices created by its own and the previous major version, and snapshots written up to its own version`,
  };
  const warnings = unknown.map(
    ({ name, createdVersion }) =>
      `${name}: whether the cluster can read an index created by version "${createdVersion}" shows at the restore`,
  );
  return { versions, warnings };
}

/**
 * Whether a cluster can read a snapshot that does not say which versions created its indices. Those are at most one major version
 * older than what wrote it: certain where cluster and snapshot are of one major version; else only the restore shows it.
 * @throws VersionIncompatible where the snapshot is newer than the cluster, or two major versions older
 */
export function judgeSnapshotVersion(
  cluster: string,
  { name, written }: { readonly name: string; readonly written: string },
): { versions: RestoreSummary['versions']; warnings: string[] } {
  const { versions } = judgeVersions(cluster, [{ archiveId: name, written, indices: [] }]);
  const [own, wrote] = [lucene(cluster), lucene(written)];
  if (own !== undefined && wrote !== undefined && wrote < own - 1) {
    throw new VersionIncompatible(
      `A cluster of version ${cluster} reads nothing that version ${written} has written (${name}): restore it into a cluster of ` +
        'the major version after that, reindex there, and take a snapshot of the copies',
    );
  }
  const doubt = `${name} was written by version ${written}: whether the cluster can read an index that was created before that major version shows at the restore`;
  return { versions, warnings: own === wrote ? [] : [doubt] };
}

type CreatedIndex = ArchivedVersions['indices'][number];
const named = ({ name, createdVersion }: CreatedIndex): string => `${name} (${createdVersion})`;

function incompatible(
  cluster: string,
  tooOld: readonly CreatedIndex[],
  tooNew: readonly CreatedIndex[],
): VersionIncompatible {
  const faults: string[] = [];
  if (tooOld.length > 0) {
    faults.push(
      `it is too new for indices created by ${listed(tooOld, named)}: restore them into a cluster of the major version after ` +
        'the one that created them, reindex them there, and archive the copies; or read them there',
    );
  }
  if (tooNew.length > 0) {
    faults.push(
      `it is too old for indices created by ${listed(tooNew, named)}: upgrade it, or restore into a later version`,
    );
  }
  return new VersionIncompatible(
    `A cluster of version ${cluster} reads indices created by its own and the previous major version; ${faults.join('; ')}`,
  );
}

/** The major version of Lucene behind a version: OpenSearch 1 goes on from Elasticsearch 7, and both write Lucene 8. */
function lucene(version: string): number | undefined {
  const major = parts(version)?.[0];
  if (major === undefined) return undefined;
  return isElasticsearch(major) ? major + 1 : major + 7;
}

const isElasticsearch = (major: number): boolean => major >= 5 && major <= 7;

function isNewer(a: string, b: string): boolean {
  const [first, second] = [parts(a), parts(b)];
  if (!first || !second) return false;
  if (isElasticsearch(first[0]) !== isElasticsearch(second[0])) return isElasticsearch(second[0]);
  const differing = first.findIndex((part, position) => part !== second[position]);
  return differing >= 0 && first[differing]! > second[differing]!;
}

function parts(version: string): [number, number, number] | undefined {
  const match = /^(\d{1,2})\.(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

function listed<T>(items: readonly T[], text: (item: T) => string): string {
  const shown = items.slice(0, 10).map(text).join(', ');
  return items.length > 10 ? `${shown}, and ${items.length - 10} more` : shown;
}
