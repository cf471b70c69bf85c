/** The indices of a cluster in memory. */
import { createHash } from 'node:crypto';
import type { ClusterIndex, Document } from '../../ports/cluster.ts';
import { ClusterAnswerUnknown, IndexClosed, IndexMissing, IndexUnhealthy } from '../../workflow/errors.ts';
import type { SeededSource } from './memory-cluster-source.ts';

/** How an index is put into the cluster. Defaults: open, green, hot, one shard, created now by 3.8.0, no documents. */
export interface MemoryIndexOptions extends Partial<
  Pick<ClusterIndex, 'state' | 'health' | 'tier' | 'dataStream' | 'createdAt' | 'createdVersion' | 'shards'>
> {
  readonly documents?: readonly Document[];
  readonly mapping?: unknown;
  /** Size of each shard's data in a snapshot. Default: as large as its documents. */
  readonly shardBytes?: number;
}

/** Where an index was restored from, and how far that is. */
export interface RestoreState {
  readonly repository: string;
  readonly snapshot: string;
  readonly replicas: number;
  readonly failures: readonly string[];
  pollsLeft: number;
  ended: boolean;
}

interface StoredIndex {
  facts: Omit<ClusterIndex, 'documents' | 'bytes'>;
  readonly mapping: unknown;
  readonly shardBytes: number | undefined;
  readonly documents: Map<string, unknown>;
  readonly maxSeqNos: number[];
  writesBlocked?: boolean;
  readonly restore?: RestoreState;
}

/** An index as a snapshot keeps it. */
export type IndexCopy = Readonly<Omit<StoredIndex, 'restore' | 'writesBlocked'>>;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const expressionOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '.*')}$`);

const fits = (name: string, pattern: string): boolean =>
  expressionOf(pattern).test(name) && (!name.startsWith('.') || pattern.startsWith('.'));

export class MemoryIndices {
  readonly #indices = new Map<string, StoredIndex>();
  readonly #now: () => Date;
  readonly #source: SeededSource;
  constructor(now: () => Date, source: SeededSource) {
    this.#now = now;
    this.#source = source;
  }

  put(name: string, { documents = [], mapping, shardBytes, ...given }: MemoryIndexOptions): void {
    const shards = given.shards ?? 1;
    const defaults = { state: 'open', health: 'green', tier: 'hot', createdVersion: '3.8.0' } as const;
    this.#indices.set(name, {
      facts: { name, uuid: this.#source.id(), createdAt: this.#now(), ...defaults, ...given, shards },
      mapping: mapping ?? { properties: {} },
      shardBytes,
      documents: new Map(),
      maxSeqNos: Array.from({ length: shards }, () => -1),
    });
    this.add(name, documents);
  }

  change(name: string, change: Partial<Pick<ClusterIndex, 'state' | 'health' | 'tier'>>): void {
    const index = this.get(name);
    index.facts = { ...index.facts, ...change };
  }

  remove(name: string): void {
    this.#indices.delete(name);
  }

  /** Whether the block is new. */
  blockWrites(name: string, blocked: boolean): boolean {
    const index = this.get(name);
    const isNew = index.writesBlocked !== blocked;
    index.writesBlocked = blocked;
    return isNew && blocked;
  }

  add(name: string, documents: readonly Document[]): void {
    const index = this.get(name);
    if (index.writesBlocked && documents.length > 0) throw new ClusterAnswerUnknown(`index ${name} is blocked: write`);
    for (const { id, source } of documents) {
      index.documents.set(id, structuredClone(source));
      const shard = this.#shardOf(index, id);
      index.maxSeqNos[shard] = (index.maxSeqNos[shard] ?? -1) + 1;
    }
  }

  copy(name: string): IndexCopy {
    const { facts, mapping, shardBytes, documents, maxSeqNos } = this.get(name);
    return structuredClone({ facts, mapping, shardBytes, documents, maxSeqNos });
  }

  /** Red until the restore has ended. It keeps the creation's date and version; an index that it replaces lends its UUID. */
  restore(name: string, copy: IndexCopy, restore: RestoreState, uuid = this.#source.id()): void {
    const { dataStream: _, ...facts } = copy.facts;
    const now = { name, uuid, state: 'open', health: 'red', tier: 'hot' } as const;
    this.#indices.set(name, { ...structuredClone(copy), facts: { ...facts, ...now }, restore });
  }

  names(): string[] {
    return [...this.#indices.keys()].sort();
  }

  get(name: string): StoredIndex {
    const index = this.#indices.get(name);
    if (index === undefined) throw new IndexMissing(`there is no index ${name}`);
    return index;
  }

  open(name: string): StoredIndex {
    const index = this.get(name);
    if (index.facts.state === 'close') throw new IndexClosed(`index ${name} is closed`);
    if (index.facts.health === 'red') throw new IndexUnhealthy(`index ${name} lacks primary shards`);
    return index;
  }

  matching(patterns: readonly string[]): ClusterIndex[] {
    return this.names()
      .filter((name) => patterns.some((pattern) => fits(name, pattern)))
      .map((name) => {
        const index = this.get(name);
        const bytes = this.shardBytes(name).reduce((sum, shard) => sum + shard, 0);
        return { ...index.facts, documents: index.documents.size, bytes };
      });
  }

  /** Size of each shard; 0 for one without documents. */
  shardBytes(name: string): number[] {
    const index = this.get(name);
    const sizes = Array.from({ length: index.facts.shards }, () => 0);
    for (const [id, source] of index.documents) {
      const shard = this.#shardOf(index, id);
      sizes[shard] = index.shardBytes ?? (sizes[shard] ?? 0) + JSON.stringify(source).length;
    }
    return sizes;
  }

  /** Picks by a hash of seed and id: reproducible, and no matter in which order documents came. */
  sample(name: string, size: number, seed: number): Document[] {
    return [...this.open(name).documents]
      .map(([id, source]) => ({ id, source: structuredClone(source), rank: digest(`${seed}/${id}`).toString('hex') }))
      .sort((one, other) => (one.rank < other.rank ? -1 : 1))
      .slice(0, size)
      .map(({ id, source }) => ({ id, source }));
  }

  #shardOf(index: StoredIndex, id: string): number {
    return digest(id).readUInt32LE() % index.facts.shards;
  }
}
