import { parseArchiveId } from '../../../archive/archive-id.ts';
import type { ConflictPolicy } from '../../../archive/restore-records.ts';
import { IndexExists, InvalidRequest } from '../../../workflow/errors.ts';

export interface TargetRequest {
  readonly restoreId: string;
  readonly conflict: ConflictPolicy;
  readonly renamePattern: string;
}

/** An index, the name that it ends with, and the temporary one that `replace` verifies it under. */
export interface ResolvedTarget<Index> {
  index: Index;
  to: string;
  via: string | null;
}

/**
 * The name that each index is restored under. `existing` are the names that the cluster has, open or closed.
 * @throws IndexExists listing every clash, InvalidRequest for a name that OpenSearch refuses or that two indices would get
 */
export function resolveTargets<Index extends { readonly name: string }>(
  indices: readonly Index[],
  { restoreId, conflict, renamePattern }: TargetRequest,
  existing: ReadonlySet<string>,
): ResolvedTarget<Index>[] {
  const { suffix } = parseArchiveId(restoreId);
  const targets = indices.map((index): ResolvedTarget<Index> => {
    const to = conflict === 'rename' ? renamePattern.replaceAll('{index}', () => index.name) : index.name;
    const via = conflict === 'replace' && existing.has(to) ? `restoring-${suffix}-${index.name}` : null;
    return { index, to, via };
  });
  const names = targets.flatMap(({ to, via }) => (via === null ? [to] : [to, via]));
  refuseIllegal(names);
  const twice = names.filter((name, position) => names.indexOf(name) !== position);
  if (twice.length > 0)
    throw new InvalidRequest(`Several indices would get one name: ${[...new Set(twice)].join(', ')}`);
  const clashes = targets.map(({ to, via }) => via ?? to).filter((name) => existing.has(name));
  if (clashes.length > 0) {
    throw new IndexExists(
      `The cluster has ${clashes.length} of ${targets.length} names already: ${clashes.join(', ')}. ` +
        'Delete or rename those indices, or ask for another "conflict" ("rename" with a "renamePattern", or "replace")',
    );
  }
  return targets;
}

function refuseIllegal(names: readonly string[]): void {
  const faults = names.flatMap((name) => {
    const fault = faultOf(name);
    return fault === undefined ? [] : [`"${name}" ${fault}`];
  });
  if (faults.length > 0) throw new InvalidRequest(`Not a name for an index: ${faults.join('; ')}`);
}

/** OpenSearch's rules: https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions */
function faultOf(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'is none';
  if (name !== name.toLowerCase()) return 'has upper-case letters';
  if (/^[-_+]/.test(name)) return `begins with "${name[0]!}"`;
  const letter = /[\s\\/*?"<>|,#:]/.exec(name)?.[0];
  if (letter !== undefined) return `has a "${letter}"`;
  return Buffer.byteLength(name) > 255 ? 'is longer than 255 bytes' : undefined;
}
