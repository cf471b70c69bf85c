/** An archive that can be drilled. */
export interface Candidate {
  readonly archiveId: string;
  readonly sequence: number;
  readonly indices: readonly { readonly name: string; readonly documents: number }[];
}

/** A drill that was done, passed or not. */
export interface PastDrill {
  readonly drillId: string;
  readonly archiveId: string;
}

export interface Choice {
  readonly archiveId: string;
  readonly sequence: number;
  readonly index: string;
  /** In words. */
  readonly reason: string;
}

/**
 * What to drill next: the archive drilled longest ago, or one that never was. Failed drills count as drilled, so that one bad
 * archive does not keep the others from their turn. Nothing is drawn at random: the same archives and drills give the same choice.
 * @param candidates at least one, oldest seal first
 * @param drills oldest first
 */
export function choose(candidates: readonly Candidate[], drills: readonly PastDrill[]): Choice {
  const never = candidates.filter(({ archiveId }) => !drills.some((drill) => drill.archiveId === archiveId));
  const lastDrill = ({ archiveId }: Candidate): number =>
    drills.findLastIndex((drill) => drill.archiveId === archiveId);
  const [archive, why] =
    never.length > 0
      ? // More archives are made than drilled: taken in their order, the latest would never have their turn.
        [never[Math.floor(spread(drillsCount(drills)) * never.length)]!, `one of ${never.length} never drilled`]
      : [candidates.toSorted((a, b) => lastDrill(a) - lastDrill(b))[0]!, 'drilled longest ago'];
  return {
    archiveId: archive.archiveId,
    sequence: archive.sequence,
    index: chooseIndex(archive, drills),
    reason: `${why}, of ${candidates.length} archives under lock`,
  };
}

/** Another index each time the archive is drilled, and not the first of every archive. One without documents proves little. */
export function chooseIndex({ archiveId, sequence, indices }: Candidate, drills: readonly PastDrill[]): string {
  const filled = indices.filter(({ documents }) => documents > 0);
  const eligible = filled.length > 0 ? filled : indices;
  const times = drillsCount(drills.filter((drill) => drill.archiveId === archiveId));
  return eligible[(sequence - 1 + times) % eligible.length]!.name;
}

/** A drill that failed, was redriven and passed has more than one report. */
const drillsCount = (drills: readonly PastDrill[]): number => new Set(drills.map(({ drillId }) => drillId)).size;

/** 0, 1/2, 1/4, 3/4, 1/8, ...: the van der Corput sequence in base 2. Any stretch of it lies evenly between 0 and 1. */
function spread(number: number): number {
  let value = 0;
  for (let rest = number, share = 0.5; rest > 0; rest = Math.floor(rest / 2), share /= 2) value += (rest % 2) * share;
  return value;
}
