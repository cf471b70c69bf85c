import type { Manifest, ManifestIndex } from '../../../archive/manifest.ts';
import { indexPattern } from '../../../functions/index-pattern.ts';
import { locateArchive } from '../../../functions/restore/locate-archive.ts';
import { listPrices } from '../../../functions/restore/plan/prices.ts';
import { step, type Ports } from '../../../functions/restore/plan-restore.ts';
import { runStep } from '../../../functions/step.ts';
import type { Cluster } from '../../../ports/cluster.ts';
import type { Signer } from '../../../ports/signer.ts';
import type { SnapshotReader } from '../../../ports/snapshot-contents.ts';
import type { RestoreSummary } from '../../../workflow/restore-contracts.ts';
import { memoryCluster, type MemoryCluster } from '../../support/memory-cluster.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { memorySnapshotReader } from '../../support/memory-snapshot-reader.ts';
import { memorySigner } from '../../support/memory-signer.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { fingerprintsOf, sealStored } from '../../archive/verify-example.ts';

export const now = new Date('2026-03-01T00:00:00Z');
export const execution = {
  id: 'arn:aws:states:eu-west-1:1:execution:restore:one',
  startedAt: '2026-02-10T08:00:00Z',
  stateMachineId: 'arn',
};
export const restoreId = 'restore-2026-02-10t08-00-00-7021f9';

/** Indices of the example archive have these names: the first is in volume 1, the second in volume 2. */
export const [first, second] = ['logdata-01012026', 'logdata-02012026'] as const;

export const snapshots = { repository: 'schedule', prefix: 'snapshot' };

export interface World {
  readonly signer: Signer;
  readonly trusted: Set<string>;
  readonly archive: MemoryObjectStore;
  readonly restore: MemoryObjectStore;
  readonly cluster: MemoryCluster;
  readonly reader: SnapshotReader;
}

export async function emptyWorld(signer: Signer = memorySigner({ keyId: 'key-1' })): Promise<World> {
  const restore = memoryObjectStore({ bucket: 'restore' });
  const cluster = memoryCluster({ staging: () => restore, now: () => now });
  return {
    signer,
    trusted: await fingerprintsOf(signer),
    archive: memoryObjectStore({ bucket: 'archive', versioned: true, thawPolls: Infinity }),
    restore,
    cluster,
    reader: memorySnapshotReader(cluster, () => restore),
  };
}

/** Seals the example archive of a day of January 2026, its indices changed. */
export const sealDay = (
  { archive, signer }: World,
  day: number,
  change: (index: ManifestIndex) => Partial<ManifestIndex> = () => ({}),
  ofManifest: Partial<Manifest> = {},
): Promise<Manifest> =>
  sealStored(archive, signer, idOfDay(day), (manifest) => {
    const changed = manifest.indices.map((index) => ({ ...index, ...change(index) }));
    const newName = new Map(manifest.indices.map(({ name }, position) => [name, changed[position]!.name]));
    return {
      ...manifest,
      ...ofManifest,
      indices: changed,
      volumes: manifest.volumes.map((volume) => ({
        ...volume,
        indices: volume.indices.map((name) => newName.get(name)!),
      })),
    };
  });

export const locate = (world: World, request: unknown): ReturnType<typeof locateArchive> =>
  locateArchive(
    { request, execution },
    { ...world, snapshots, patterns: ['logdata-DDMMYYYY', 'month-YYYY.MM'].map(indexPattern) },
  );

/** The cluster, but of another version. */
export const ofVersion = (cluster: Cluster, version: string): Cluster => ({
  ...cluster,
  facts: async () => ({ ...(await cluster.facts()), version }),
});

/** Plans what was located. */
export const planOf = (world: World, ports: Partial<Ports> = {}): Promise<RestoreSummary> =>
  runStep(step, { restoreId }, { ...world, prices: listPrices, replicas: 0, now: () => now, ...ports });
