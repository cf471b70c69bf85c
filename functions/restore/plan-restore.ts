import { z } from 'zod';
import { restorePlanKey, restoreRequestKey } from '../../archive/keys.ts';
import { parseRestorePlan, restorePlanBytes } from '../../archive/restore-records.ts';
import { verifyArchive } from '../../archive/verify-archive.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { SnapshotReader } from '../../ports/snapshot-contents.ts';
import { RunRecordInvalid, SealConflict } from '../../workflow/errors.ts';
import { listedAtMost, restoreContracts, type RestoreSummary } from '../../workflow/restore-contracts.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectRestore,
  restoreVariables,
} from '../connect.ts';
import { readIfPresent, readRecord, writeOnce } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { supportedCluster } from '../supported-cluster.ts';
import { buildPlan, type ArchivesPlan, type AskedArchive } from './plan/build-plan.ts';
import { neededBytes, requireDisk } from './plan/disk.ts';
import { existingNames } from './plan/existing-names.ts';
import { estimateCost, priceVariables, type PriceTable } from './plan/prices.ts';
import { planSnapshot } from './plan/plan-snapshot.ts';
import { parseLocatedRestore, type LocatedArchives } from './plan/request.ts';
import { resolveTargets } from './plan/resolve-targets.ts';
import { connectSnapshotReader, trustVariables } from './plan/settings.ts';
import { findThawNeed } from './plan/thaw-need.ts';
import { judgeVersions } from './plan/versions.ts';

export const environment = z.object({
  ...clusterVariables,
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
  ...priceVariables,
  /** Replicas of restored indices where the request does not say. */
  REPLICAS: z.coerce.number().int().min(0).max(5),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly reader: SnapshotReader;
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly trusted: ReadonlySet<string>;
  readonly prices: PriceTable;
  readonly replicas: number;
  readonly now: () => Date;
}

/**
 * Proves the archives, and decides, once per restore, what is restored from where under which name. Everything that can be
 * known to fail is refused here, before anything is thawed.
 */
export async function planRestore(
  { restoreId }: z.output<typeof restoreContracts.PlanRestore.input>,
  ports: Ports,
): Promise<RestoreSummary> {
  const request = await readRecord(ports.restore, restoreRequestKey(restoreId), parseLocatedRestore);
  return request.source === 'snapshots' ? planSnapshot(request, ports) : planArchives(request, ports);
}

async function planArchives(request: LocatedArchives, ports: Ports): Promise<RestoreSummary> {
  const { cluster, restore } = ports;
  const { restoreId } = request;
  const { archives, warnings } = await verifyArchives(request, ports);
  const { versions, warnings: doubts } = judgeVersions(
    (await supportedCluster(cluster)).version,
    archives.map((archive) => ({
      ...archive.manifest,
      written: archive.manifest.cluster.version,
      indices: asked(archive),
    })),
  );
  const standing = await readIfPresent(restore, restorePlanKey(restoreId), parseArchivesPlan);
  const plan = standing ?? (await makePlan(request, archives, ports));
  const targets = plan.archives.flatMap((archive) => archive.targets);
  const { hours, frozen } = await findThawNeed(ports.archive, plan.archives, plan.thaw.tier);
  const disk = { neededBytes: neededBytes(targets, plan.replicas), freeBytes: await cluster.freeBytes() };
  if (!standing) requireDisk(disk.neededBytes, disk.freeBytes);
  const kept = await writeOnce(restore, restorePlanKey(restoreId), restorePlanBytes(plan), parseArchivesPlan);
  const volumes = kept.archives.flatMap((archive) => archive.volumes);
  const bytes = sum(volumes, (volume) => volume.bytes);
  return {
    ...describe(kept),
    volumes: volumes.length,
    bytes,
    thaw: { ...kept.thaw, hours, volumesToThaw: frozen.length, bytesToThaw: sum(frozen, (volume) => volume.bytes) },
    cost: estimateCost({ frozen, thaw: kept.thaw, bytes }, ports.prices),
    disk,
    versions: {
      ...versions,
      created: versions.created.slice(0, listedAtMost),
      written: versions.written.slice(0, listedAtMost),
    },
    warnings: [...request.warnings, ...warnings, ...doubts].slice(0, listedAtMost),
  };
}

async function verifyArchives(
  request: LocatedArchives,
  { archive: store, trusted, now }: Ports,
): Promise<{ archives: AskedArchive[]; warnings: string[] }> {
  const chain = await verifyChain(store, { trusted });
  const warnings = [...chain.warnings];
  const archives: AskedArchive[] = [];
  for (const { archiveId, indices } of request.archives) {
    const verified = await verifyArchive(store, archiveId, { trusted, chain, now: now() });
    warnings.push(...verified.warnings);
    archives.push({ manifest: verified.manifest, indices });
  }
  return { archives, warnings };
}

/** What the manifest says of the asked indices, in the order in which they are asked. */
const asked = ({ manifest, indices }: AskedArchive): AskedArchive['manifest']['indices'] =>
  indices.map((name) => {
    const index = manifest.indices.find((one) => one.name === name);
    if (!index)
      throw new SealConflict(`The manifest of ${manifest.archiveId} does not hold ${name}, which was located in it`);
    return index;
  });

async function makePlan(
  request: LocatedArchives,
  archives: readonly AskedArchive[],
  ports: Ports,
): Promise<ArchivesPlan> {
  const indices = archives.flatMap(asked);
  const names = indices.map(({ name }) => name);
  const targets = resolveTargets(indices, request, await existingNames(ports.cluster, names));
  return buildPlan(request, archives, targets, request.replicas ?? ports.replicas);
}

type Description = Pick<RestoreSummary, 'restoreId' | 'conflict' | 'archives' | 'indexCount' | 'documents' | 'indices'>;

function parseArchivesPlan(bytes: Uint8Array): ArchivesPlan {
  const plan = parseRestorePlan(bytes);
  if (plan.source !== 'snapshots') return plan;
  throw new RunRecordInvalid(`The plan of ${plan.restoreId} is one of a snapshot, its request names archives`);
}

function describe({ restoreId, conflict, archives }: ArchivesPlan): Description {
  const targets = archives.flatMap((archive) => archive.targets);
  return {
    restoreId,
    conflict,
    archives: archives.map(({ archiveId }) => archiveId).slice(0, listedAtMost),
    indexCount: targets.length,
    documents: sum(targets, ({ index }) => index.documents.count),
    indices: targets
      .slice(0, listedAtMost)
      .map(({ index, to }) => ({ name: index.name, to, documents: index.documents.count })),
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

export const step = defineStep('PlanRestore', restoreContracts.PlanRestore, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    reader: connectSnapshotReader(variables),
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
    prices: variables.PRICES,
    replicas: variables.REPLICAS,
    now: () => new Date(),
  }),
  run: planRestore,
});

export const handler = lambdaHandler(step);
