import type { Cluster, ClusterIndex } from '../../../ports/cluster.ts';
import type { ArchiveRequest } from '../../../workflow/contracts.ts';
import { IndexClosed, IndexMissing, IndexNotHot, IndexUnhealthy, InvalidRequest } from '../../../workflow/errors.ts';
import type { IndexPattern, Period } from '../../index-pattern.ts';
import { namesLike } from '../../name-expressions.ts';

export interface SelectionSettings {
  readonly patterns: readonly IndexPattern[];
  /** Names and `*` patterns that are never selected by pattern. */
  readonly excluded: readonly string[];
  /** A scheduled run takes an index this long after the end of the period that it is named for. */
  readonly minimumAgeHours: number;
  /** A scheduled run looks this far back. */
  readonly windowDays: number;
}

/**
 * The indices that a request is about, sealed or not, sorted by name. A name that was asked for is taken whatever the
 * patterns say; by pattern, no system index and no backing index of a data stream is ever taken.
 * @throws IndexMissing, InvalidRequest for names that cannot be archived
 */
export async function findCandidates(
  cluster: Cluster,
  request: Exclude<ArchiveRequest, { resume: string }>,
  settings: SelectionSettings,
): Promise<ClusterIndex[]> {
  if ('indices' in request) return namedIndices(cluster, request.indices);
  const wanted = 'date' in request ? ofDay(request.date) : dueAt(new Date(request.scheduledTime), settings);
  const isExcluded = namesLike(settings.excluded);
  const found = await cluster.indices(settings.patterns.map((pattern) => pattern.wildcard));
  return found.filter(
    (index) =>
      !index.name.startsWith('.') &&
      index.dataStream === undefined &&
      !isExcluded(index.name) &&
      settings.patterns.some((pattern) => {
        const period = pattern.period(index.name);
        return period !== undefined && wanted(period);
      }),
  );
}

async function namedIndices(cluster: Cluster, names: readonly string[]): Promise<ClusterIndex[]> {
  const refused = names.filter((name) => /[*?,]/.test(name) || (name.startsWith('.') && !name.startsWith('.ds-')));
  if (refused.length > 0) {
    throw new InvalidRequest(
      `"indices" takes whole names of indices that are not system indices: ${refused.join(', ')}`,
    );
  }
  const found = await cluster.indices(names);
  const missing = names.filter((name) => !found.some((index) => index.name === name));
  if (missing.length > 0) throw new IndexMissing(`Not in the cluster: ${missing.join(', ')}`);
  return found;
}

const hourMs = 3_600_000;

const ofDay = (date: string): ((period: Period) => boolean) => {
  const from = Date.parse(`${date}T00:00:00Z`);
  return (period) => period.from.getTime() < from + 24 * hourMs && period.to.getTime() > from;
};

const dueAt =
  (now: Date, { minimumAgeHours, windowDays }: SelectionSettings) =>
  (period: Period): boolean => {
    const age = now.getTime() - period.to.getTime();
    return age >= minimumAgeHours * hourMs && age <= windowDays * 24 * hourMs;
  };

/**
 * Refuses indices that cannot be archived as they are; the message names each of them.
 * @throws IndexClosed, IndexNotHot, IndexUnhealthy
 */
export function requireArchivable(indices: readonly ClusterIndex[]): void {
  const refuse = (fault: (index: ClusterIndex) => boolean, error: (names: string) => Error): void => {
    const names = indices.filter(fault).map((index) => index.name);
    if (names.length > 0) throw error(names.join(', '));
  };
  refuse(
    (index) => index.tier !== 'hot',
    (names) =>
      new IndexNotHot(`UltraWarm or cold indices cannot be snapshot with hot ones; move them to hot first: ${names}`),
  );
  refuse(
    (index) => index.state === 'close',
    (names) =>
      new IndexClosed(
        `Closed indices cannot be counted, so their archive could not be proven; open them first: ${names}`,
      ),
  );
  refuse(
    (index) => index.health === 'red',
    (names) => new IndexUnhealthy(`Red indices lack primary shards; repair or delete them first: ${names}`),
  );
}
