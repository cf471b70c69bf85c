import { FormatInvalid } from '../workflow/errors.ts';
import { volumeKey } from './keys.ts';
import type { PlannedObject, PlannedVolume } from './plan.ts';

const GiB = 1024 ** 3;
/** Default size that a volume shall not exceed, bytes of staged objects. */
export const DEFAULT_TARGET_BYTES = 32 * GiB;
/** Up to this much in all, one volume: a second container would take longer to start than it saves. */
const ONE_VOLUME_BYTES = 2 * GiB;
/** Pieces never fill equal shares to the byte: without room to spare, one volume more than `parallelism` would be needed. */
const SLACK = 1.1;

export interface PackRequest {
  readonly archiveId: string;
  /** Every object of the staged repository; keys relative to its prefix. */
  readonly objects: readonly PlannedObject[];
  readonly indices: readonly { readonly name: string; readonly repositoryId: string }[];
  readonly targetBytes?: number;
  /** Volumes that are made at the same time. */
  readonly parallelism: number;
}

/**
 * Spreads the objects over volumes. The rule:
 * 1. The size limit of a volume is the target; when the total is above 2 GiB and `parallelism` volumes at a time would
 *    finish sooner, it is an equal share for each of them and a tenth more, if that is less, but never under 1 GiB.
 * 2. Everything that is not below `indices/<repositoryId>/` of a known index is root metadata and opens volume 1.
 * 3. Indices follow in the order of their names. One that fits the limit goes whole into the first volume that has room. One
 *    that does not is cut: its index metadata first, then shard by shard, and a shard above the limit object by object.
 * The limit is exceeded only by a volume of a single object, or by the root metadata. The result depends on nothing else than
 * the arguments, and not on their order.
 * @throws FormatInvalid when nothing is staged, a key occurs twice, or parallelism and target are no positive numbers.
 */
export function packVolumes(request: PackRequest): PlannedVolume[] {
  const { archiveId, objects, indices, parallelism, targetBytes = DEFAULT_TARGET_BYTES } = request;
  if (!(parallelism >= 1) || !(targetBytes >= 1)) throw new FormatInvalid('Parallelism and target must be at least 1');
  if (objects.length === 0) throw new FormatInvalid('There is nothing to pack');
  if (new Set(objects.map(({ key }) => key)).size !== objects.length) throw new FormatInvalid('A key occurs twice');

  const limit = limitBytes(sum(objects), targetBytes, parallelism);
  const { root, groups } = groupByIndex(objects, indices);
  const bins: Bin[] = [{ bytes: sum(root), objects: [...root], indices: new Set() }];
  for (const { name, objects: members } of groups) {
    for (const chunk of cut(members, limit)) place(bins, name, chunk, limit);
  }
  return bins
    .filter((bin) => bin.objects.length > 0)
    .map((bin, position) => ({
      number: position + 1,
      key: volumeKey(archiveId, position + 1),
      indices: [...bin.indices].sort(byText),
      objects: bin.objects,
    }));
}

interface Bin {
  bytes: number;
  readonly objects: PlannedObject[];
  readonly indices: Set<string>;
}

function limitBytes(total: number, target: number, parallelism: number): number {
  if (total <= ONE_VOLUME_BYTES) return target;
  return Math.min(target, Math.max(GiB, Math.ceil((total / parallelism) * SLACK)));
}

function groupByIndex(
  objects: readonly PlannedObject[],
  indices: PackRequest['indices'],
): { root: PlannedObject[]; groups: { name: string; objects: PlannedObject[] }[] } {
  const names = new Map(indices.map(({ name, repositoryId }) => [repositoryId, name]));
  const groups = new Map<string, PlannedObject[]>();
  const root: PlannedObject[] = [];
  for (const object of [...objects].sort((a, b) => byText(a.key, b.key))) {
    const name = names.get(/^indices\/([^/]+)\//.exec(object.key)?.[1] ?? '');
    const members = name === undefined ? root : groups.get(name);
    if (members) members.push(object);
    else if (name !== undefined) groups.set(name, [object]);
  }
  const sorted = [...groups].sort(([a], [b]) => byText(a, b));
  return { root, groups: sorted.map(([name, members]) => ({ name, objects: members })) };
}

/** The pieces that are kept together: the whole index, else its metadata and each shard, else single objects. */
function cut(members: readonly PlannedObject[], limit: number): PlannedObject[][] {
  if (sum(members) <= limit) return [[...members]];
  const shards = new Map<number, PlannedObject[]>();
  for (const object of members) {
    const shard = /^indices\/[^/]+\/(\d+)\//.exec(object.key)?.[1];
    const number = shard === undefined ? -1 : Number(shard);
    const shardObjects = shards.get(number);
    if (shardObjects) shardObjects.push(object);
    else shards.set(number, [object]);
  }
  return [...shards]
    .sort(([a], [b]) => a - b)
    .flatMap(([, shard]) => (sum(shard) <= limit ? [shard] : shard.map((object) => [object])));
}

/** First fit. */
function place(bins: Bin[], index: string, chunk: readonly PlannedObject[], limit: number): void {
  const bytes = sum(chunk);
  let bin = bins.find((candidate) => candidate.bytes + bytes <= limit);
  if (!bin) {
    bin = { bytes: 0, objects: [], indices: new Set() };
    bins.push(bin);
  }
  bin.bytes += bytes;
  bin.objects.push(...chunk);
  bin.indices.add(index);
}

const sum = (objects: readonly PlannedObject[]): number => objects.reduce((total, { bytes }) => total + bytes, 0);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
