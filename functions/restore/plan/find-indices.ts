import { parseArchiveId } from '../../../archive/archive-id.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import type { IndexPattern } from '../../index-pattern.ts';

/** An index as one sealed archive holds it. */
export interface ArchivedIndex {
  readonly archiveId: string;
  /** Number of the archive's chain link. */
  readonly sequence: number;
  readonly name: string;
  readonly uuid: string;
  /** Sum of the shards' highest sequence numbers: of two states of one index, the later has the greater. */
  readonly operations: number;
}

export const archivedIndices = (manifest: Manifest, sequence: number): ArchivedIndex[] =>
  manifest.indices.map(({ name, uuid, shards }) => ({
    archiveId: manifest.archiveId,
    sequence,
    name,
    uuid,
    operations: shards.reduce((sum, { maxSeqNo }) => sum + maxSeqNo, 0),
  }));

const dayMs = 86_400_000;

/**
 * Whether an index has logs of the days `from` to `to` (ISO dates, UTC, both included): by the period that its name stands for;
 * where the name fits no pattern, by the day of its archive.
 */
export function hasLogsOf(
  { from, to }: { readonly from: string; readonly to: string },
  patterns: readonly IndexPattern[],
): (index: ArchivedIndex) => boolean {
  const begin = Date.parse(`${from}T00:00:00Z`);
  const end = Date.parse(`${to}T00:00:00Z`) + dayMs;
  return ({ name, archiveId }) => {
    for (const pattern of patterns) {
      const period = pattern.period(name);
      if (period) return period.from.getTime() < end && period.to.getTime() > begin;
    }
    const archivedAt = parseArchiveId(archiveId).createdAt.getTime();
    return archivedAt >= begin && archivedAt < end;
  };
}

/**
 * Of each name, the index of its newest archive. The same index archived again (same UUID): the state with more operations,
 * since a resumed run seals late what it selected early. Another index of the same name: the one archived last, and a
 * warning, since its logs are not those of the other.
 */
export function newestOfEachName(indices: readonly ArchivedIndex[]): { newest: ArchivedIndex[]; warnings: string[] } {
  const byName = new Map<string, Map<string, ArchivedIndex>>();
  for (const index of indices) {
    const states = byName.get(index.name) ?? new Map<string, ArchivedIndex>();
    const known = states.get(index.uuid);
    if (
      !known ||
      index.operations > known.operations ||
      (index.operations === known.operations && isLater(index, known))
    ) {
      states.set(index.uuid, index);
    }
    byName.set(index.name, states);
  }
  const newest: ArchivedIndex[] = [];
  const warnings: string[] = [];
  for (const [name, states] of byName) {
    const [taken, ...passedOver] = [...states.values()].sort((a, b) => (isLater(a, b) ? -1 : 1));
    newest.push(taken!);
    if (passedOver.length === 0) continue;
    const others = passedOver.map(({ archiveId }) => archiveId).join(', ');
    warnings.push(`${name}: taken from ${taken!.archiveId}; other indices of this name are in ${others}`);
  }
  return { newest: newest.sort((a, b) => (a.name < b.name ? -1 : 1)), warnings };
}

function isLater(a: ArchivedIndex, b: ArchivedIndex): boolean {
  const [ofA, ofB] = [a, b].map(({ archiveId }) => parseArchiveId(archiveId).createdAt.getTime()) as [number, number];
  return ofA === ofB ? a.sequence > b.sequence : ofA > ofB;
}
