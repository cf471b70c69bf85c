import { restorePlanKey } from '../../../archive/keys.ts';
import {
  parseRestorePlan,
  restorePlanBytes,
  type RestorePlan,
  type SnapshotIndex,
} from '../../../archive/restore-records.ts';
import type { Cluster } from '../../../ports/cluster.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { SnapshotContents, SnapshotReader } from '../../../ports/snapshot-contents.ts';
import { IndexMissing, RunRecordInvalid, SnapshotMissing, SnapshotPartial } from '../../../workflow/errors.ts';
import { listedAtMost, type RestoreSummary } from '../../../workflow/restore-contracts.ts';
import { readIfPresent, writeOnce } from '../../records.ts';
import { supportedCluster } from '../../supported-cluster.ts';
import { neededBytes, requireDisk } from './disk.ts';
import { existingNames } from './existing-names.ts';
import type { PriceTable } from './prices.ts';
import type { LocatedSnapshot } from './request.ts';
import { resolveTargets } from './resolve-targets.ts';
import { judgeSnapshotVersion } from './versions.ts';

export interface SnapshotPlanPorts {
  readonly cluster: Cluster;
  readonly reader: SnapshotReader;
  readonly restore: ObjectStore;
  readonly prices: Pick<PriceTable, 'currency'>;
  readonly replicas: number;
}

type SnapshotPlan = Extract<RestorePlan, { readonly source: 'snapshots' }>;

/**
 * Decides, once per restore, what is restored from a snapshot under which name. What can be known to fail is refused here.
 * @throws SnapshotPartial naming the asked indices of which shards failed, and what names, versions and disk make impossible
 */
export async function planSnapshot(request: LocatedSnapshot, ports: SnapshotPlanPorts): Promise<RestoreSummary> {
  const { cluster, restore } = ports;
  const { repository, name, startedAt } = request.snapshot;
  const { version } = await supportedCluster(cluster);
  const contents = await ports.reader.contents(repository, name);
  if (!contents) throw new SnapshotMissing(`Snapshot ${name} of repository ${repository} is gone since it was located`);
  const { versions, warnings } = judgeSnapshotVersion(version, { name, written: contents.version });
  const key = restorePlanKey(request.restoreId);
  const standing = await readIfPresent(restore, key, parseSnapshotPlan);
  const plan = standing ?? (await makePlan(request, contents, ports));
  const { targets } = plan.snapshot;
  const disk = { neededBytes: neededBytes(targets, plan.replicas), freeBytes: await cluster.freeBytes() };
  if (!standing) requireDisk(disk.neededBytes, disk.freeBytes);
  const kept = await writeOnce(restore, key, restorePlanBytes(plan), parseSnapshotPlan);
  return {
    restoreId: kept.restoreId,
    conflict: kept.conflict,
    archives: [],
    snapshot: { repository, name, startedAt },
    indexCount: kept.snapshot.targets.length,
    indices: kept.snapshot.targets.slice(0, listedAtMost).map(({ index, to }) => ({ name: index.name, to })),
    volumes: 0,
    bytes: kept.snapshot.targets.reduce((sum, { index }) => sum + index.bytes, 0),
    cost: { currency: ports.prices.currency, amount: 0, parts: [] },
    disk,
    versions,
    warnings: [unsigned, ...request.warnings, ...warnings].slice(0, listedAtMost),
  };
}

const unsigned =
  'A snapshot is not signed and knows no document counts: that it is what was once written cannot be proven, as it can of an archive';

async function makePlan(
  { restoreId, execution, conflict, renamePattern, leaseDays, replicas, snapshot }: LocatedSnapshot,
  contents: SnapshotContents,
  { cluster, replicas: usual }: SnapshotPlanPorts,
): Promise<SnapshotPlan> {
  const indices = wholeIndices(snapshot, contents);
  const existing = await existingNames(cluster, snapshot.indices);
  const { repository, name, uuid } = snapshot;
  return {
    source: 'snapshots',
    ...{ restoreId, execution, conflict, leaseDays },
    archives: [],
    snapshot: {
      origin: { repository, name, uuid },
      repository: `${restoreId}-1`,
      snapshot: name,
      targets: resolveTargets(indices, { restoreId, conflict, renamePattern }, existing),
    },
    replicas: replicas ?? usual,
  };
}

/** What the snapshot says of the asked indices, in the order in which they are asked. */
function wholeIndices({ name, indices }: LocatedSnapshot['snapshot'], contents: SnapshotContents): SnapshotIndex[] {
  const held = new Map(contents.indices.map((index) => [index.name, index]));
  const gone = indices.filter((index) => !held.has(index));
  if (gone.length > 0) throw new IndexMissing(`Snapshot ${name} says nothing of ${gone.join(', ')}`);
  const asked = indices.map((index) => held.get(index)!);
  const torn = asked.filter(({ shards }) => shards.failed > 0);
  if (torn.length > 0) {
    const facts = torn.map(({ name: index, shards }) => `${index} (${shards.failed} of ${shards.total} shards)`);
    throw new SnapshotPartial(
      `Snapshot ${name} is PARTIAL and lacks shards of ${torn.length} of the ${asked.length} asked indices: ` +
        `${facts.join(', ')}. Ask for the others by name, or for these from another snapshot`,
    );
  }
  return asked.map(({ name: index, shards, bytes }) => ({ name: index, shards: shards.total, bytes }));
}

function parseSnapshotPlan(bytes: Uint8Array): SnapshotPlan {
  const plan = parseRestorePlan(bytes);
  if (plan.source === 'snapshots') return plan;
  throw new RunRecordInvalid(`The plan of ${plan.restoreId} is one of archives, its request names a snapshot`);
}
