/** The registered repositories of a cluster in memory. */
import type { RepositorySettings } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import {
  BucketMissing,
  RepositoryMissing,
  RepositoryReadonly,
  RepositoryUnusable,
  SnapshotInProgress,
} from '../../workflow/errors.ts';
import { MemoryRepository } from './memory-cluster-repository.ts';
import type { SeededSource } from './memory-cluster-source.ts';

/** These can be changed while the repository is in use. */
const reloadable: ReadonlySet<string> = new Set(['max_snapshot_bytes_per_sec', 'max_restore_bytes_per_sec']);

export class MemoryRepositories {
  readonly #registered = new Map<string, RepositorySettings>();
  readonly #staging: (bucket: string) => ObjectStore;
  readonly #source: SeededSource;
  readonly #isUsed: (name: string) => boolean;
  constructor(staging: (bucket: string) => ObjectStore, source: SeededSource, isUsed: (name: string) => boolean) {
    this.#staging = staging;
    this.#source = source;
    this.#isUsed = isUsed;
  }

  async register(name: string, settings: RepositorySettings): Promise<void> {
    const standing = this.#registered.get(name) ?? settings;
    const all = new Set([...Object.keys(standing), ...Object.keys(settings)]);
    const changed = [...all].filter((setting) => standing[setting] !== settings[setting]);
    if (changed.some((setting) => !reloadable.has(setting))) this.#refuseWhileUsed(name);
    // As OpenSearch does: the repository stays registered even where its verification fails.
    this.#registered.set(name, { ...settings });
    const blobs = this.blobs(name);
    await (settings['readonly'] === 'true' ? blobs.read() : blobs.verify());
  }

  get(name: string): RepositorySettings | undefined {
    const settings = this.#registered.get(name);
    return settings && { ...settings };
  }

  names(): string[] {
    return [...this.#registered.keys()].sort();
  }

  unregister(name: string): void {
    this.#refuseWhileUsed(name);
    this.#registered.delete(name);
  }

  /** Bucket and path: several repositories may be registered over the same. */
  place(name: string): string {
    const { bucket = '', base_path = '' } = this.#known(name);
    return `${bucket}/${base_path}`;
  }

  blobs(name: string): MemoryRepository {
    const { bucket = '', base_path = '' } = this.#known(name);
    try {
      return new MemoryRepository(this.#staging(bucket), base_path, this.#source);
    } catch (cause) {
      if (!(cause instanceof BucketMissing)) throw cause;
      throw new RepositoryUnusable(`repository ${name}: no bucket ${bucket}`, { cause });
    }
  }

  refuseReadonly(name: string): void {
    if (this.#known(name)['readonly'] === 'true') throw new RepositoryReadonly(`[${name}] is a readonly repository`);
  }

  #refuseWhileUsed(name: string): void {
    if (this.#isUsed(name))
      throw new SnapshotInProgress('trying to modify or unregister repository that is currently used');
  }

  #known(name: string): RepositorySettings {
    const settings = this.#registered.get(name);
    if (settings === undefined) throw new RepositoryMissing(`[${name}] missing`);
    return settings;
  }
}
