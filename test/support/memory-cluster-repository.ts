/**
 * Writes what OpenSearch 3.8 writes when it snapshots into an S3 repository: the same names, the same `index-N`.
 * The blobs' content is pseudo-random; only `index-N` and `index.latest` can be read.
 */
import { createHash } from 'node:crypto';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectFrozen, ObjectMissing } from '../../workflow/errors.ts';

export interface RepositoryIndex {
  readonly name: string;
  readonly uuid: string;
  readonly shards: readonly { readonly bytes: number; readonly failed: boolean }[];
}

export interface RepositorySnapshot {
  readonly name: string;
  readonly uuid: string;
  readonly state: number;
  readonly index_metadata_lookup: Readonly<Record<string, string>>;
  readonly version: string;
}

/** RepositoryData as `index-N` holds it. */
export interface RepositoryData {
  readonly snapshots: readonly RepositorySnapshot[];
  readonly indices: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly shard_path_type: number;
        readonly snapshots: readonly string[];
        readonly shard_generations: readonly (string | null)[];
      }
    >
  >;
  readonly index_metadata_identifiers: Readonly<Record<string, string>>;
}

/** What a snapshot has written below `indices/` and will be named in `index-N` once it ends. */
export interface WrittenIndex {
  readonly name: string;
  readonly id: string;
  readonly metadataIdentifier: string;
  readonly metadataBlob: string;
  readonly shardGenerations: readonly (string | null)[];
  /** SHA-256 of the blobs that a restore reads, by path, for each shard. */
  readonly shardBlobs: readonly ReadonlyMap<string, string>[];
}

const emptyRepository: RepositoryData = { snapshots: [], indices: {}, index_metadata_identifiers: {} };
/** Every OpenSearch blob starts with Lucene's codec header. */
const codecHeader = Buffer.from([0x3f, 0xd7, 0x6c, 0x17]);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reproducible ids and bytes from one seed. */
export class SeededSource {
  #drawn = 0;
  readonly #seed: string;
  constructor(seed: string) {
    this.#seed = seed;
  }
  /** A UUID as OpenSearch writes it: 22 characters of base64url; blob ids have 20. */
  id(characters: 20 | 22 = 22): string {
    return createHash('sha256').update(`${this.#seed}/${this.#drawn++}`).digest('base64url').slice(0, characters);
  }
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let state = createHash('sha256').update(`${this.#seed}/${this.#drawn++}`).digest().readUInt32LE() | 1;
    for (let at = 0; at < length; at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[at] = state & 0xff;
    }
    return bytes;
  }
}

/** One repository: a base path in a bucket. */
export class MemoryRepository {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #source: SeededSource;
  constructor(store: ObjectStore, basePath: string, source: SeededSource) {
    this.#store = store;
    this.#prefix = basePath === '' ? '' : `${basePath.replace(/\/+$/, '')}/`;
    this.#source = source;
  }

  /** Writes and removes a blob, as the registration of a repository does. */
  async verify(): Promise<void> {
    const key = `${this.#prefix}tests-${this.#source.id()}/master.dat`;
    await this.#store.put(key, this.#source.bytes(22));
    await this.#store.delete([key]);
  }

  /** The newest `index-N`; with none, the repository is empty, which is also what OpenSearch takes it for. */
  async read(): Promise<{ readonly generation: number; readonly data: RepositoryData }> {
    let generation = -1;
    for await (const { key } of this.#store.list(`${this.#prefix}index-`))
      generation = Math.max(generation, Number(key.slice(`${this.#prefix}index-`.length)));
    if (generation < 0) return { generation, data: emptyRepository };
    const bytes = await this.#store.read(`${this.#prefix}index-${generation}`);
    return { generation, data: JSON.parse(Buffer.from(bytes).toString()) as RepositoryData };
  }

  /** Shard data and metadata below `indices/`: what is there while the snapshot still runs. */
  async writeIndices(indices: readonly RepositoryIndex[], snapshotUuid: string): Promise<WrittenIndex[]> {
    const { data } = await this.read();
    const written: WrittenIndex[] = [];
    for (const index of indices) {
      const id = data.indices[index.name]?.id ?? this.#source.id();
      const shardGenerations: (string | null)[] = [];
      const shardBlobs: Map<string, string>[] = [];
      for (const [number, shard] of index.shards.entries()) {
        const folder = `indices/${id}/${number}/`;
        const blobs = new Map<string, string>();
        shardBlobs.push(blobs);
        if (shard.failed) {
          shardGenerations.push(null);
          continue;
        }
        const generation = this.#source.id();
        shardGenerations.push(generation);
        if (shard.bytes > 0) {
          for (const bytes of [shard.bytes, 549]) {
            const path = `${folder}__${this.#source.id()}`;
            blobs.set(path, await this.#put(path, bytes));
          }
        }
        await this.#put(`${folder}index-${generation}`, 515);
        const record = `${folder}snap-${snapshotUuid}.dat`;
        blobs.set(record, await this.#put(record, 499));
      }
      const metadataBlob = this.#source.id(20);
      await this.#put(`indices/${id}/meta-${metadataBlob}.dat`, 700);
      const metadataIdentifier = `${index.uuid}-_na_-1-2-1`;
      written.push({ name: index.name, id, metadataIdentifier, metadataBlob, shardGenerations, shardBlobs });
    }
    return written;
  }

  /** Root blobs and the next `index-N`: the snapshot exists from here on. `state` is 1 SUCCESS, 2 FAILED, 3 PARTIAL. */
  async finish(
    snapshot: Pick<RepositorySnapshot, 'name' | 'uuid' | 'state' | 'version'>,
    written: readonly WrittenIndex[],
  ): Promise<void> {
    await this.#put(`meta-${snapshot.uuid}.dat`, 234);
    await this.#put(`snap-${snapshot.uuid}.dat`, 321);
    const { generation, data } = await this.read();
    const indices = { ...data.indices };
    for (const { name, id, shardGenerations } of written)
      indices[name] = {
        id,
        shard_path_type: 0,
        snapshots: [...(indices[name]?.snapshots ?? []), snapshot.uuid],
        shard_generations: shardGenerations,
      };
    const { name, uuid, state, version } = snapshot;
    const index_metadata_lookup = Object.fromEntries(written.map((index) => [index.id, index.metadataIdentifier]));
    await this.#writeGeneration(generation, {
      snapshots: [...data.snapshots, { name, uuid, state, index_metadata_lookup, version }],
      indices,
      index_metadata_identifiers: {
        ...data.index_metadata_identifiers,
        ...Object.fromEntries(written.map((index) => [index.metadataIdentifier, index.metadataBlob])),
      },
    });
  }

  async hasMetadata({ id, metadataBlob }: WrittenIndex): Promise<boolean> {
    return (await this.#store.head(`${this.#prefix}indices/${id}/meta-${metadataBlob}.dat`)) !== undefined;
  }

  /** For each shard, what is wrong with its blobs, in the words of OpenSearch; undefined where all is well. */
  async faults({ shardBlobs }: WrittenIndex): Promise<(string | undefined)[]> {
    const faults: (string | undefined)[] = [];
    for (const blobs of shardBlobs) {
      let fault: string | undefined;
      for (const [path, digest] of blobs) fault ??= await this.#fault(this.#prefix + path, digest);
      faults.push(fault);
    }
    return faults;
  }

  async #fault(key: string, digest: string): Promise<string | undefined> {
    try {
      return sha256(await this.#store.read(key)) === digest
        ? undefined
        : `CorruptIndexException[checksum failed (hardware problem?) (resource=${key})]`;
    } catch (error) {
      if (error instanceof ObjectMissing) return `NoSuchFileException[Blob object [${key}] not found]`;
      if (error instanceof ObjectFrozen) return `InvalidObjectStateException[${key} (Service: S3, Status Code: 403)]`;
      throw error;
    }
  }

  /** Takes a snapshot out of `index-N`, with every blob that no other snapshot needs. */
  async remove(uuid: string): Promise<void> {
    const { generation, data } = await this.read();
    const indices = Object.fromEntries(
      Object.entries(data.indices)
        .map(
          ([name, index]) =>
            [name, { ...index, snapshots: index.snapshots.filter((other) => other !== uuid) }] as const,
        )
        .filter(([, index]) => index.snapshots.length > 0),
    );
    const snapshots = data.snapshots.filter((other) => other.uuid !== uuid);
    const identifiersInUse = new Set(snapshots.flatMap((other) => Object.values(other.index_metadata_lookup)));
    await this.#writeGeneration(generation, {
      snapshots,
      indices,
      index_metadata_identifiers: Object.fromEntries(
        Object.entries(data.index_metadata_identifiers).filter(([identifier]) => identifiersInUse.has(identifier)),
      ),
    });
    await this.removeUnreferenced(new Set(Object.values(indices).map((index) => index.id)), uuid);
  }

  /** Removes the blobs of a snapshot, and index folders that nothing refers to (also those of an aborted snapshot). */
  async removeUnreferenced(indexIds: ReadonlySet<string>, snapshotUuid: string): Promise<void> {
    const gone: string[] = [];
    for await (const { key } of this.#store.list(this.#prefix)) {
      const path = key.slice(this.#prefix.length);
      const indexId = /^indices\/([^/]+)\//.exec(path)?.[1];
      if ((indexId !== undefined && !indexIds.has(indexId)) || path.includes(`-${snapshotUuid}.dat`)) gone.push(key);
    }
    await this.#store.delete(gone);
  }

  async #writeGeneration(previous: number, data: RepositoryData): Promise<void> {
    const latest = Buffer.alloc(8);
    latest.writeBigInt64BE(BigInt(previous + 1));
    await this.#store.put(`${this.#prefix}index-${previous + 1}`, Buffer.from(JSON.stringify(data)));
    await this.#store.put(`${this.#prefix}index.latest`, latest);
    if (previous >= 0) await this.#store.delete([`${this.#prefix}index-${previous}`]);
  }

  /** @returns SHA-256 of what was written */
  async #put(path: string, bytes: number): Promise<string> {
    const blob = Buffer.concat([codecHeader, this.#source.bytes(bytes)]).subarray(0, bytes);
    await this.#store.put(this.#prefix + path, blob);
    return sha256(blob);
  }
}
