import { restorePlanKey, restoredRepositoryPrefix } from '../../../archive/keys.ts';
import type { EncryptionProfile } from '../../../archive/plan.ts';
import { restorePlanBytes, type RestorePlan } from '../../../archive/restore-records.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { consolidate } from '../../../tasks/consolidate/consolidate.ts';
import type { UnpackTask } from '../../../tasks/unpack/unpack.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { archiveId, type Contents, secretKey, stage, type TestKey } from '../consolidate/staged.ts';

export { archiveId } from '../consolidate/staged.ts';
export const restoreId = 'restore-2026-02-03t04-05-06-abcdef';
export const prefix = restoredRepositoryPrefix(restoreId, archiveId);

/** A small repository of two indices, as a volume's contents. */
export const repository: Contents = {
  'index-0': 300,
  'index.latest': 8,
  'meta-Zk1_-a.dat': 90,
  'snap-Zk1_-a.dat': 200,
  'indices/AbC_-1/meta-Zk1_-a.dat': 70,
  'indices/AbC_-1/0/__one': 5000,
  'indices/AbC_-1/0/empty': 0,
  'indices/AbC_-1/0/snap-Zk1_-a.dat': 512,
  'indices/xyz/0/__two': 700,
  'indices/xyz/1/index-Zk1': 1,
};
export const repositoryIds = ['AbC_-1', 'xyz'];

export interface Archived {
  readonly archive: MemoryObjectStore;
  readonly restore: MemoryObjectStore;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly plan: RestorePlan;
  readonly task: UnpackTask;
  readonly logged: readonly string[];
}

export interface ArchivedOptions {
  readonly contents?: Contents;
  readonly wanted?: readonly string[];
  readonly repositoryIds?: readonly string[];
  readonly recipients?: readonly TestKey[];
  readonly profile?: EncryptionProfile;
  readonly privateKey?: string;
}

/** A volume made by the consolidate task, and a plan that restores from it, in stores of memory. */
export async function archived(options: ArchivedOptions = {}): Promise<Archived> {
  const { recipients = ['curve25519'], profile = 'gpg' } = options;
  const staged = await stage({ contents: options.contents ?? repository, recipients, profile });
  const receipt = await consolidate(staged.task);
  const { bytes, sha256, tar, objects, key, versionId } = receipt;
  const plan = planOf({ key, versionId, bytes, sha256, tar, objects, indices: ['logdata-01012026'] }, options);
  const restore = await restoreStore(plan);
  const logged: string[] = [];
  const task: UnpackTask = {
    archive: staged.archive,
    restore,
    restoreId,
    archiveId,
    volume: 1,
    privateKey: options.privateKey ?? secretKey(recipients[0]!),
    signal: new AbortController().signal,
    log: (level, message, fields) => void logged.push(JSON.stringify({ level, message, ...fields })),
  };
  return { archive: staged.archive, restore, contents: staged.contents, plan, task, logged };
}

/** The same archive, restored anew. */
export async function again({ task, ...rest }: Archived): Promise<Archived> {
  const restore = await restoreStore(rest.plan);
  return { ...rest, restore, task: { ...task, restore } };
}

async function restoreStore(plan: RestorePlan): Promise<MemoryObjectStore> {
  const restore = memoryObjectStore({ bucket: 'restore' });
  await restore.put(restorePlanKey(restoreId), restorePlanBytes(plan));
  return restore;
}

type Volume = Omit<RestorePlan['archives'][number]['volumes'][number], 'number'>;

/** A plan that wants one volume. */
export function planOf(volume: Volume, options: ArchivedOptions = {}): RestorePlan {
  const ids = options.repositoryIds ?? repositoryIds;
  const index = {
    name: 'logdata-01012026',
    uuid: 'uuid',
    repositoryId: 'AbC_-1',
    createdVersion: '3.8.0',
    documents: { count: 1, exact: true },
    bytes: 1,
    mappingSha256: '0'.repeat(64),
    shards: [{ maxSeqNo: 0 }],
    samples: [],
    supersedes: null,
  };
  return {
    restoreId,
    archives: [
      {
        archiveId,
        repository: `${restoreId}-1`,
        snapshot: archiveId,
        profile: options.profile ?? 'gpg',
        targets: [{ index, to: 'restored-logdata-01012026', via: null }],
        volumes: [{ number: 1, ...volume }],
        repositoryIds: [...ids],
        wantedRepositoryIds: [...(options.wanted ?? ids)],
      },
    ],
    conflict: 'rename',
    thaw: { tier: 'Standard', days: 1 },
    replicas: 0,
    leaseDays: 30,
    execution: 'arn',
  };
}

/** Everything below the quarantine prefix, by its path in the repository. */
export async function unpacked(restore: ObjectStore): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const { key } of restore.list('restored/')) {
    const path = key.startsWith(prefix) ? key.slice(prefix.length) : `OUTSIDE ${key}`;
    found.set(path, await restore.read(key));
  }
  return found;
}

/** Plaintext, unfinished uploads, and records other than the plan and failures. */
export async function leftBehind(restore: ObjectStore): Promise<string[]> {
  const left: string[] = [];
  for await (const { key } of restore.list(''))
    if (key !== restorePlanKey(restoreId) && !key.endsWith('.failure.json')) left.push(key);
  for await (const { key } of restore.listUploads('')) left.push(`upload of ${key}`);
  return left;
}
