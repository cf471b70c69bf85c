import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Name of the one version of an object in a bucket without versioning. */
export const NULL_VERSION = 'null';
export const STANDARD = 'STANDARD';

export interface StoredVersion {
  versionId: string;
  storageClass: string;
  /** A restored copy: there from `readyAt` until `expiresAt` (milliseconds since 1970). */
  restore?: { readyAt: number; expiresAt: number };
}

export interface StoredConfiguration {
  body: string;
  headers: Record<string, string>;
}

interface BucketState {
  configurations: Map<string, StoredConfiguration>;
  /** Versions of a key, oldest first. Keys whose versions are all STANDARD are left out. */
  objects: Map<string, StoredVersion[]>;
  /** Storage class of uploads under way. */
  uploads: Map<string, string>;
}

/** As in the file: maps as lists of pairs, for any string may be a key. */
interface StateFile {
  buckets: [
    string,
    {
      configurations: [string, StoredConfiguration][];
      objects: [string, StoredVersion[]][];
      uploads: [string, string][];
    },
  ][];
}

/** What the proxy adds to the objects and buckets of its upstream. Kept in memory; `save` makes it durable. */
export class ProxyState {
  readonly #file: string;
  readonly #buckets = new Map<string, BucketState>();
  #dirty = false;
  #saving: Promise<void> | null = null;

  private constructor(file: string) {
    this.#file = file;
  }

  static async load(file: string): Promise<ProxyState> {
    const state = new ProxyState(file);
    const stored = await readFile(file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    for (const [name, bucket] of stored === null ? [] : (JSON.parse(stored) as StateFile).buckets) {
      state.#buckets.set(name, {
        configurations: new Map(bucket.configurations),
        objects: new Map(bucket.objects),
        uploads: new Map(bucket.uploads),
      });
    }
    return state;
  }

  #bucket(name: string): BucketState {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = { configurations: new Map(), objects: new Map(), uploads: new Map() };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  bucketsWith(configuration: string): string[] {
    return [...this.#buckets].filter(([, bucket]) => bucket.configurations.has(configuration)).map(([name]) => name);
  }

  hasObjects(bucket: string): boolean {
    return (this.#buckets.get(bucket)?.objects.size ?? 0) > 0;
  }

  /** The version asked for, or the newest when none is; undefined means STANDARD. */
  version(bucket: string, key: string, versionId: string | null): StoredVersion | undefined {
    const versions = this.#buckets.get(bucket)?.objects.get(key);
    return versionId === null ? versions?.at(-1) : versions?.find((version) => version.versionId === versionId);
  }

  /** A version was written: it is the newest of its key. */
  recordWrite(bucket: string, key: string, versionId: string, storageClass: string): void {
    const older =
      this.#buckets
        .get(bucket)
        ?.objects.get(key)
        ?.filter((version) => version.versionId !== versionId) ?? [];
    this.#setVersions(bucket, key, [...older, { versionId, storageClass }]);
  }

  recordDeletion(bucket: string, key: string, versionId: string): void {
    const versions = this.#buckets.get(bucket)?.objects.get(key);
    if (versions)
      this.#setVersions(
        bucket,
        key,
        versions.filter((version) => version.versionId !== versionId),
      );
  }

  #setVersions(bucket: string, key: string, versions: StoredVersion[]): void {
    const objects = this.#bucket(bucket).objects;
    const known = objects.has(key);
    if (versions.some((version) => version.storageClass !== STANDARD)) objects.set(key, versions);
    else if (known) objects.delete(key);
    else return;
    this.#dirty = true;
  }

  recordRestore(version: StoredVersion, restore: { readyAt: number; expiresAt: number }): void {
    version.restore = restore;
    this.#dirty = true;
  }

  recordUpload(bucket: string, uploadId: string, storageClass: string): void {
    if (storageClass === STANDARD) return;
    this.#bucket(bucket).uploads.set(uploadId, storageClass);
    this.#dirty = true;
  }

  /** Forgets an upload that has ended and returns its storage class. */
  takeUpload(bucket: string, uploadId: string): string {
    const uploads = this.#buckets.get(bucket)?.uploads;
    const storageClass = uploads?.get(uploadId) ?? STANDARD;
    if (uploads?.delete(uploadId)) this.#dirty = true;
    return storageClass;
  }

  configuration(bucket: string, name: string): StoredConfiguration | undefined {
    return this.#buckets.get(bucket)?.configurations.get(name);
  }

  setConfiguration(bucket: string, name: string, configuration: StoredConfiguration | null): void {
    const { configurations } = this.#bucket(bucket);
    if (configuration) configurations.set(name, configuration);
    else configurations.delete(name);
    this.#dirty = true;
  }

  dropBucket(bucket: string): void {
    if (this.#buckets.delete(bucket)) this.#dirty = true;
  }

  /** Resolves when all changes made so far are in the file; free when there are none. */
  async save(): Promise<void> {
    while (this.#dirty || this.#saving) {
      this.#saving ??= this.#write().finally(() => (this.#saving = null));
      await this.#saving;
    }
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    const file: StateFile = {
      buckets: [...this.#buckets].map(([name, bucket]) => [
        name,
        { configurations: [...bucket.configurations], objects: [...bucket.objects], uploads: [...bucket.uploads] },
      ]),
    };
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.new`, JSON.stringify(file));
    await rename(`${this.#file}.new`, this.#file);
  }
}
