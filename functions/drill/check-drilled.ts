import { z } from 'zod';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { readOriginal } from '../../archive/catalogue-files.ts';
import { parseChecksums } from '../../archive/checksums.ts';
import { checksumsKey, manifestKey, restoreRecordKey } from '../../archive/keys.ts';
import type { ManifestIndex } from '../../archive/manifest.ts';
import { parseRestoreRecord } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { ArchiveNotSealed, DrillFailed, ObjectMissing, RestoredContentDiffers } from '../../workflow/errors.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectRestore,
  restoreVariables,
} from '../connect.ts';
import { readRecord } from '../records.ts';
import { trustVariables } from '../restore/plan/settings.ts';
import { verifyIndex } from '../restore/verify-index.ts';
import { defineStep, lambdaHandler } from '../step.ts';

export const environment = z.object({
  ...clusterVariables,
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
});

export interface Ports {
  readonly cluster: Cluster;
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly trusted: ReadonlySet<string>;
  readonly now: () => Date;
}

type Input = z.output<typeof drillContracts.CheckDrilled.input>;

/**
 * Looks for itself: the index that the restore says it has made is held against the manifest, read and verified anew. Evidence
 * must not rest on what the restore says of itself.
 */
export async function checkDrilled(
  input: Input,
  { cluster, archive, restore, trusted, now }: Ports,
): Promise<z.output<typeof drillContracts.CheckDrilled.output>> {
  const { restoreId } = input.restore;
  const { name, uuid } = await recordedIndex(restore, input);
  const { expected, ...digests } = await sealedIndex(archive, trusted, input);
  const found = await cluster.restoreProgress(name);
  if (found && found.uuid !== uuid) {
    throw new RestoredContentDiffers(`${name} is ${found.uuid}, the restore has made ${uuid}`);
  }
  const documents = await verifyIndex(cluster, name, expected);
  return {
    restoreId,
    name,
    uuid,
    documents,
    documentsExact: expected.documents.exact,
    shards: expected.shards.length,
    samples: expected.samples.length,
    ...digests,
    checkedAt: now().toISOString(),
  };
}

async function recordedIndex(
  restore: ObjectStore,
  { archiveId, index, restore: { restoreId, execution } }: Input,
): Promise<{ name: string; uuid: string }> {
  const record = await readRecord(restore, restoreRecordKey(restoreId), parseRestoreRecord);
  const restored = record.indices.filter((one) => one.archiveId === archiveId && one.from === index);
  const [only] = restored;
  if (record.execution === execution.arn && restored.length === 1 && only) return only;
  throw new DrillFailed(`The record of ${restoreId} is not the one of a restore of ${index} by ${execution.arn}`);
}

async function sealedIndex(
  archive: ObjectStore,
  trusted: ReadonlySet<string>,
  { archiveId, index }: Input,
): Promise<{ expected: ManifestIndex; manifestSha256: string; checksumsSha256: string }> {
  const sealed = await findLink(archive, archiveId, { trusted });
  if (!sealed) throw new ArchiveNotSealed(`Archive ${archiveId} has no signed chain link`);
  const manifest = await readSealedManifest(archive, sealed);
  const expected = manifest.indices.find(({ name }) => name === index);
  const checksums = await readOriginal(archive, checksumsKey(archiveId));
  const listed = checksums && parseChecksums(checksums).find(({ path }) => path === manifestKey(archiveId));
  if (!expected || !listed) throw new ObjectMissing(`Archive ${archiveId} holds no index ${index}`);
  return { expected, manifestSha256: listed.sha256, checksumsSha256: sealed.link.checksumsSha256 };
}

export const step = defineStep('CheckDrilled', drillContracts.CheckDrilled, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
    now: () => new Date(),
  }),
  run: checkDrilled,
});

export const handler = lambdaHandler(step);
