import { RunRecordInvalid } from '../workflow/errors.ts';
import { parseArchiveId } from './archive-id.ts';
import { FORMAT_VERSION, type Manifest, type ManifestIndex, type ManifestVolume, type Signing } from './manifest.ts';
import type { Plan, PlannedVolume } from './plan.ts';
import type { Selection, SnapshotRecord } from './run-records.ts';
import type { VolumeReceipt } from './volume-records.ts';

export interface SealedRun {
  readonly selection: Selection;
  readonly snapshot: SnapshotRecord;
  readonly plan: Plan;
  /** One of each volume, in any order. */
  readonly receipts: readonly VolumeReceipt[];
  readonly signing: Signing;
  readonly toolVersion: string;
}

/**
 * The manifest of a finished run. It depends on nothing but its arguments: neither on the clock nor on the order of the
 * receipts or of the selection.
 * @throws RunRecordInvalid when the records contradict each other, naming what.
 */
export function buildManifest(run: SealedRun): Manifest {
  const { selection, snapshot, plan } = run;
  const { archiveId } = selection;
  for (const [what, id] of [
    ['snapshot record', snapshot.archiveId],
    ['plan', plan.archiveId],
  ] as const) {
    if (id !== archiveId) throw new RunRecordInvalid(`The ${what} is of archive ${id}, the selection of ${archiveId}`);
  }
  return {
    formatVersion: FORMAT_VERSION,
    archiveId,
    createdAt: parseArchiveId(archiveId).createdAt.toISOString(),
    tool: { name: 'permafrost', version: run.toolVersion },
    cluster: selection.cluster,
    snapshot: snapshot.snapshot,
    indices: indicesOf(run),
    volumes: volumesOf(run),
    encryption: plan.encryption,
    retention: { mode: 'COMPLIANCE', until: plan.retainUntil },
    signing: run.signing,
  };
}

function indicesOf({ selection, snapshot, plan }: SealedRun): ManifestIndex[] {
  const observed = new Map(snapshot.indices.map((index) => [index.name, index]));
  const folders = new Map(plan.indices.map(({ name, repositoryId }) => [name, repositoryId]));
  const bytes = bytesByFolder(plan);
  if (observed.size !== selection.indices.length || folders.size !== selection.indices.length) {
    throw new RunRecordInvalid(
      `${selection.indices.length} indices were selected, ${observed.size} are in the snapshot, ${folders.size} in the plan`,
    );
  }
  return selection.indices
    .map(({ name, uuid, createdVersion, supersedes }) => {
      const index = observed.get(name);
      const repositoryId = folders.get(name);
      if (!index || repositoryId === undefined) {
        throw new RunRecordInvalid(
          `Index ${name} was selected and is not in the ${index ? 'plan' : 'snapshot record'}`,
        );
      }
      if (index.uuid !== uuid) {
        throw new RunRecordInvalid(`Index ${name} was selected with UUID ${uuid}, the snapshot has ${index.uuid}`);
      }
      const { documents, mappingSha256, shards, samples } = index;
      const held = { documents, bytes: bytes.get(repositoryId) ?? 0, mappingSha256, shards, samples };
      return { name, uuid, repositoryId, createdVersion, ...held, supersedes };
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** Bytes of the staged objects of each index's folder. */
function bytesByFolder(plan: Plan): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { key, bytes } of plan.volumes.flatMap(({ objects }) => objects)) {
    const folder = /^indices\/([^/]+)\//.exec(key)?.[1];
    if (folder !== undefined) totals.set(folder, (totals.get(folder) ?? 0) + bytes);
  }
  return totals;
}

function volumesOf({ plan, receipts }: SealedRun): ManifestVolume[] {
  const byNumber = new Map(receipts.map((receipt) => [receipt.volume, receipt]));
  if (byNumber.size !== receipts.length || receipts.length !== plan.volumes.length) {
    throw new RunRecordInvalid(`${plan.volumes.length} volumes are planned, ${receipts.length} receipts are there`);
  }
  return plan.volumes
    .toSorted((a, b) => a.number - b.number)
    .map((planned) => {
      const receipt = byNumber.get(planned.number);
      if (!receipt) throw new RunRecordInvalid(`Volume ${planned.number} has no receipt`);
      checkReceipt(receipt, planned, plan);
      const { key, versionId, bytes, sha256, tar, objects } = receipt;
      return { key, versionId, bytes, sha256, tar, objects, indices: planned.indices };
    });
}

function checkReceipt(receipt: VolumeReceipt, planned: PlannedVolume, plan: Plan): void {
  const objectBytes = planned.objects.reduce((total, { bytes }) => total + bytes, 0);
  const pairs = {
    archiveId: [receipt.archiveId, plan.archiveId],
    key: [receipt.key, planned.key],
    objects: [receipt.objects, planned.objects.length],
    objectBytes: [receipt.objectBytes, objectBytes],
    recipients: [receipt.recipients.join(' '), plan.encryption.recipients.join(' ')],
  };
  for (const [field, [got, planned_]] of Object.entries(pairs)) {
    if (got === planned_) continue;
    throw new RunRecordInvalid(
      `The receipt of volume ${receipt.volume} says ${field} ${got ?? ''}, the plan ${planned_ ?? ''}`,
    );
  }
}
