/**
 * Writes what OpenSearch 3.8 writes when it snapshots into an S3 repository: the same names, the same `index-N`.
 * The blobs' content is pseudo-random; only `index-N` and `index.latest` can be read.
 */
import { createHash } from 'node:crypto';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectFrozen, ObjectMissing } from '../../workflow/errors.ts';
import type {
  Blob,
  RepositoryData,
  RepositoryIndex,
  RepositorySnapshot,
  WrittenIndex,
  WrittenShard,
} from './memory-cluster-blobs.ts';
import type { SeededSource } from './memory-cluster-source.ts';

const emptyRepository: RepositoryData = { snapshots: [], indices: {}, index_metadata_identifiers: {} };
/** Every OpenSearch blob starts with Lucene's codec header. */
const codecHeader = Buffer.from([0x3f, 0xd7, 0x6c, 0x17]);
/** Of the file that lists a shard's segments: the last of its data, and written anew with every change. */
const segmentsBytes = 549;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const metadataPath = ({ id, metadataBlob }: WrittenIndex): string => `indices/${id}/meta-${metadataBlob}.dat`;

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

  /**
   * Shard data and metadata below `indices/`: what is there while the snapshot still runs.
   * @param earlier what the latest snapshot of an index here wrote, by the index's name
   */
  async writeIndices(
    indices: readonly RepositoryIndex[],
    snapshotUuid: string,
    earlier: ReadonlyMap<string, WrittenIndex>,
  ): Promise<WrittenIndex[]> {
    const { data } = await this.read();
    const written: WrittenIndex[] = [];
    for (const { name, uuid, shards } of indices) {
      const id = data.indices[name]?.id ?? this.#source.id();
      const metadataIdentifier = `${uuid}-_na_-1-2-1`;
      const before = earlier.get(name);
      const isSame = before?.metadataIdentifier === metadataIdentifier;
      const writtenShards: WrittenShard[] = [];
      for (const [number, shard] of shards.entries())
        writtenShards.push(
          await this.#writeShard(
            `indices/${id}/${number}/`,
            shard,
            snapshotUuid,
            isSame ? before.shards[number] : undefined,
          ),
        );
      let metadataBlob = data.index_metadata_identifiers[metadataIdentifier];
      if (metadataBlob === undefined) {
        metadataBlob = this.#source.id(20);
        await this.#put(`indices/${id}/meta-${metadataBlob}.dat`, 700);
      }
      written.push({ name, id, metadataIdentifier, metadataBlob, shards: writtenShards });
    }
    return written;
  }

  /** Of a shard that has not changed nothing but the record; of one that has grown, what came since. */
  async #writeShard(
    folder: string,
    { bytes, maxSeqNo, failed }: RepositoryIndex['shards'][number],
    snapshotUuid: string,
    before: WrittenShard | undefined,
  ): Promise<WrittenShard> {
    if (failed) return { generation: null, bytes, maxSeqNo, data: [], added: [] };
    const unchanged = before?.maxSeqNo === maxSeqNo && before.bytes === bytes;
    const kept = unchanged ? before.data : (before?.data.slice(0, -1) ?? []);
    const sizes = unchanged || bytes === 0 ? [] : [Math.max(1, bytes - (before?.bytes ?? 0)), segmentsBytes];
    const added: Blob[] = [];
    for (const size of sizes) added.push(await this.#put(`${folder}__${this.#source.id()}`, size));
    const generation = this.#source.id();
    await this.#put(`${folder}index-${generation}`, 515);
    const record = await this.#put(`${folder}snap-${snapshotUuid}.dat`, 499);
    return { generation, bytes, maxSeqNo, data: [...kept, ...added], added, record };
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
    const replaced: string[] = [];
    for (const { name, id, shards } of written) {
      const before = indices[name];
      const generations = shards.map((shard, number) => {
        const old = before?.shard_generations[number] ?? null;
        if (old !== null && shard.generation !== null) replaced.push(`indices/${id}/${number}/index-${old}`);
        return shard.generation ?? old;
      });
      indices[name] = {
        id,
        shard_path_type: 0,
        snapshots: [...(before?.snapshots ?? []), snapshot.uuid],
        shard_generations: generations,
      };
    }
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
    await this.#store.delete(replaced.map((path) => this.#prefix + path));
  }

  async hasMetadata(index: WrittenIndex): Promise<boolean> {
    return (await this.#store.head(this.#prefix + metadataPath(index))) !== undefined;
  }

  /** For each shard, what is wrong with its blobs, in the words of OpenSearch; undefined where all is well. */
  async faults({ shards }: WrittenIndex): Promise<(string | undefined)[]> {
    const faults: (string | undefined)[] = [];
    for (const { data, record } of shards) {
      let fault: string | undefined;
      for (const blob of [...data, ...(record ? [record] : [])]) fault ??= await this.#fault(blob);
      faults.push(fault);
    }
    return faults;
  }

  async #fault({ path, sha256: digest }: Blob): Promise<string | undefined> {
    const key = this.#prefix + path;
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

  /**
   * Takes a snapshot out of `index-N`, with every blob that no other snapshot needs.
   * @param others what the remaining snapshots have written here
   */
  async remove(uuid: string, others: readonly WrittenIndex[]): Promise<void> {
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
    const inUse = new Set(
      others.flatMap((index) => [metadataPath(index), ...index.shards.flatMap(({ data }) => data.map(pathOf))]),
    );
    const live = new Set(Object.values(indices).map(({ id }) => id));
    await this.#deleteWhere((path) => {
      const indexId = /^indices\/([^/]+)\//.exec(path)?.[1];
      if (indexId !== undefined && !live.has(indexId)) return true;
      return path.includes(`-${uuid}.dat`) || (/\/(__|meta-)[^/]+$/.test(path) && !inUse.has(path));
    });
  }

  /** Root blobs and index folders that `index-N` does not name; within the folder of an index nothing. */
  async cleanUp(): Promise<{ readonly deletedBytes: number; readonly deletedBlobs: number }> {
    const { generation, data } = await this.read();
    const live = new Set(Object.values(data.indices).map(({ id }) => id));
    const uuids = new Set(data.snapshots.map(({ uuid }) => uuid));
    return this.#deleteWhere((path) => {
      const [, indexId] = /^indices\/([^/]+)\//.exec(path) ?? [];
      if (indexId !== undefined) return !live.has(indexId);
      const [, uuid] = /^(?:snap|meta)-([^/]+)\.dat$/.exec(path) ?? [];
      if (uuid !== undefined) return !uuids.has(uuid);
      const [, root] = /^index-(\d+)$/.exec(path) ?? [];
      return root !== undefined && Number(root) < generation;
    });
  }

  async #deleteWhere(
    condition: (path: string) => boolean,
  ): Promise<{ readonly deletedBytes: number; readonly deletedBlobs: number }> {
    const gone: string[] = [];
    let deletedBytes = 0;
    for await (const { key, bytes } of this.#store.list(this.#prefix)) {
      if (!condition(key.slice(this.#prefix.length))) continue;
      gone.push(key);
      deletedBytes += bytes;
    }
    await this.#store.delete(gone);
    return { deletedBytes, deletedBlobs: gone.length };
  }

  async #writeGeneration(previous: number, data: RepositoryData): Promise<void> {
    const latest = Buffer.alloc(8);
    latest.writeBigInt64BE(BigInt(previous + 1));
    await this.#store.put(`${this.#prefix}index-${previous + 1}`, Buffer.from(JSON.stringify(data)));
    await this.#store.put(`${this.#prefix}index.latest`, latest);
    if (previous >= 0) await this.#store.delete([`${this.#prefix}index-${previous}`]);
  }

  async #put(path: string, bytes: number): Promise<Blob> {
    const blob = Buffer.concat([codecHeader, this.#source.bytes(bytes)]).subarray(0, bytes);
    await this.#store.put(this.#prefix + path, blob);
    return { path, bytes, sha256: sha256(blob) };
  }
}

const pathOf = ({ path }: Blob): string => path;
