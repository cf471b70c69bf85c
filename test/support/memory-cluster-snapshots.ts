/** Snapshots of a cluster in memory: as OpenSearch 3.8 lets them run beside each other, and as it refuses. */
import type { Cluster, SnapshotFacts, SnapshotSize } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { NoIndicesSelected, SnapshotInProgress, SnapshotMissing, SnapshotNameTaken } from '../../workflow/errors.ts';
import type { WrittenIndex } from './memory-cluster-blobs.ts';
import type { SnapshotBehaviour } from './memory-cluster-controls.ts';
import type { IndexCopy, MemoryIndices } from './memory-cluster-indices.ts';
import { MemoryRepositories } from './memory-cluster-repositories.ts';
import type { MemoryRestores } from './memory-cluster-restore.ts';
import { selectShards } from './memory-cluster-shards.ts';
import type { SeededSource } from './memory-cluster-source.ts';

export interface StoredSnapshot {
  /** As it was registered when the snapshot began. */
  readonly repository: string;
  readonly place: string;
  facts: SnapshotFacts;
  readonly written: readonly WrittenIndex[];
  readonly copies: ReadonlyMap<string, IndexCopy>;
  pollsLeft: number;
  deletePollsLeft: number;
  deleting: boolean;
  running: boolean;
}

interface Given {
  readonly indices: MemoryIndices;
  readonly restores: MemoryRestores;
  readonly staging: (bucket: string) => ObjectStore;
  readonly version: string;
  readonly now: () => Date;
  readonly source: SeededSource;
}

type Options = NonNullable<Parameters<Cluster['startSnapshot']>[3]>;

const stateNumbers = { SUCCESS: 1, FAILED: 2, PARTIAL: 3, IN_PROGRESS: 0 } as const;
const noShards = { total: 0, successful: 0, failed: 0 };

export class MemorySnapshots {
  readonly repositories: MemoryRepositories;
  #behaviour: SnapshotBehaviour = { polls: 1, outcome: 'SUCCESS', deletePolls: 0, atOnce: 1000 };
  readonly #snapshots = new Map<string, StoredSnapshot>();
  readonly #given: Given;
  constructor(given: Given) {
    this.#given = given;
    this.repositories = new MemoryRepositories(
      given.staging,
      given.source,
      (name) => this.#underWay().some(({ repository }) => repository === name) || given.restores.isRunningFrom(name),
    );
  }

  go(changed: Partial<SnapshotBehaviour>): void {
    this.#behaviour = { ...this.#behaviour, ...changed };
  }

  async start(
    repository: string,
    name: string,
    names: readonly string[],
    { partial = false, metadata = {} }: Options = {},
  ): Promise<void> {
    const { indices, now, source } = this.#given;
    if (names.length === 0) throw new NoIndicesSelected('a snapshot of no indices was asked for');
    this.repositories.refuseReadonly(repository);
    const existing = await this.find(repository, name);
    if (existing?.running === true) throw new SnapshotInProgress(`snapshot ${name} is already in-progress`);
    if (existing !== undefined) throw new SnapshotNameTaken(`snapshot with the same name already exists: ${name}`);
    this.#refuseAboveLimit();
    const { outcome, polls, deletePolls } = this.#behaviour;
    const selected = selectShards(indices, names, { partial, outcome });
    const uuid = source.id();
    const blobs = this.repositories.blobs(repository);
    this.#snapshots.set(uuid, {
      repository,
      place: this.repositories.place(repository),
      facts: { name, uuid, startedAt: now(), metadata, ...selected.facts },
      written: await blobs.writeIndices(selected.indices, uuid, await this.#latest(repository)),
      copies: new Map(selected.facts.indices.map((index) => [index, indices.copy(index)])),
      pollsLeft: polls,
      deletePollsLeft: deletePolls,
      deleting: false,
      running: true,
    });
  }

  /** A snapshot goes on by itself, a step each time somebody looks; so does a removal. */
  async look(repository: string, name: string): Promise<SnapshotFacts | undefined> {
    const snapshot = await this.find(repository, name);
    if (snapshot === undefined || (snapshot.deleting && (await this.#removed(repository, snapshot)))) return undefined;
    return (await this.#ended(snapshot)) ? snapshot.facts : inProgress(snapshot.facts);
  }

  async list(repository: string): Promise<SnapshotFacts[]> {
    const place = this.repositories.place(repository);
    const stored = (await this.#stored(repository)).map(({ facts }) => facts);
    const under = this.#running().filter((one) => one.place === place);
    return [...stored, ...under.map(({ facts }) => inProgress(facts))].sort(
      (one, other) => one.startedAt.getTime() - other.startedAt.getTime(),
    );
  }

  async running(): Promise<{ repository: string; name: string }[]> {
    for (const snapshot of this.#running()) await this.#ended(snapshot);
    return this.#running().map(({ repository, facts: { name } }) => ({ repository, name }));
  }

  async size(repository: string, name: string): Promise<SnapshotSize> {
    const snapshot = await this.find(repository, name);
    if (snapshot === undefined) throw new SnapshotMissing(`[${repository}:${name}] is missing`);
    const shards = snapshot.written.flatMap((index) => index.shards);
    const added = shards.flatMap((shard) => shard.added);
    const sum = (blobs: readonly { bytes: number }[]): number => blobs.reduce((total, { bytes }) => total + bytes, 0);
    return { bytes: sum(shards.flatMap(({ data }) => data)), addedBytes: sum(added), addedFiles: added.length };
  }

  /** True when it is gone. One that runs is aborted; one that is being removed already is joined. */
  async remove(repository: string, name: string): Promise<boolean> {
    const snapshot = await this.find(repository, name);
    if (snapshot === undefined) return true;
    this.repositories.refuseReadonly(repository);
    if (this.#given.restores.isRunningFrom(repository, name))
      throw new SnapshotInProgress(`cannot delete snapshot ${name} during a restore in progress`);
    if (!snapshot.running && !snapshot.deleting) this.#refuseAboveLimit();
    snapshot.running = false;
    snapshot.deleting = true;
    return this.#removed(repository, snapshot);
  }

  async cleanUp(repository: string): Promise<{ readonly deletedBytes: number; readonly deletedBlobs: number }> {
    const blobs = this.repositories.blobs(repository);
    this.repositories.refuseReadonly(repository);
    // In whichever repository.
    if (this.#underWay().length > 0)
      throw new SnapshotInProgress(`Cannot cleanup [${repository}] - a snapshot is currently running or being deleted`);
    return blobs.cleanUp();
  }

  /** A snapshot lives with its blobs: a repository that is registered again finds it, an emptied one does not. */
  async find(repository: string, name: string): Promise<StoredSnapshot | undefined> {
    const place = this.repositories.place(repository);
    const stored = await this.#stored(repository);
    return [...this.#underWay().filter((one) => one.place === place), ...stored].find(
      ({ facts }) => facts.name === name,
    );
  }

  refuseWhileSnapshotted(index: string): void {
    if (this.#running().some(({ facts }) => facts.indices.includes(index)))
      throw new SnapshotInProgress(`index ${index} is being snapshotted`);
  }

  #running(): StoredSnapshot[] {
    return [...this.#snapshots.values()].filter(({ running }) => running);
  }

  /** Snapshots and removals. */
  #underWay(): StoredSnapshot[] {
    return [...this.#snapshots.values()].filter(({ running, deleting }) => running || deleting);
  }

  #refuseAboveLimit(): void {
    const operations = this.#underWay().length;
    if (operations >= this.#behaviour.atOnce)
      throw new SnapshotInProgress(`Cannot start another operation, already running [${operations}] operations`);
  }

  /** Those that the repository's root names. */
  async #stored(repository: string): Promise<StoredSnapshot[]> {
    const { data } = await this.repositories.blobs(repository).read();
    return data.snapshots.flatMap(({ uuid }) => this.#snapshots.get(uuid) ?? []);
  }

  /** What the latest snapshot of each index has written into this repository. */
  async #latest(repository: string): Promise<Map<string, WrittenIndex>> {
    const written = (await this.#stored(repository)).flatMap((snapshot) => snapshot.written);
    return new Map(written.map((index) => [index.name, index]));
  }

  async #ended(snapshot: StoredSnapshot): Promise<boolean> {
    if (!snapshot.running) return true;
    if (snapshot.pollsLeft-- > 0) return false;
    const { facts, repository, written } = snapshot;
    const root = { name: facts.name, uuid: facts.uuid, state: stateNumbers[facts.state], version: this.#given.version };
    await this.repositories.blobs(repository).finish(root, written);
    snapshot.facts = { ...facts, endedAt: this.#given.now() };
    snapshot.running = false;
    return true;
  }

  /** A removal waits for the snapshots that run in its repository. */
  async #removed(repository: string, snapshot: StoredSnapshot): Promise<boolean> {
    const before = this.#running().filter(({ place }) => place === snapshot.place);
    for (const one of before) await this.#ended(one);
    if (before.length > 0 || snapshot.deletePollsLeft-- > 0) return false;
    const others = (await this.#stored(repository)).filter((other) => other !== snapshot);
    await this.repositories.blobs(repository).remove(
      snapshot.facts.uuid,
      others.flatMap(({ written }) => written),
    );
    // Still known: copies of its blobs may lie under another prefix.
    snapshot.deleting = false;
    return true;
  }
}

const inProgress = (facts: SnapshotFacts): SnapshotFacts => ({
  ...facts,
  state: 'IN_PROGRESS',
  shards: noShards,
  failures: [],
});
