import { z } from 'zod';
import { planKey, receiptKey, repositoryPrefix, runPrefix, snapshotRecordKey } from '../../archive/keys.ts';
import { packVolumes } from '../../archive/pack.ts';
import { encryptionProfile, parsePlan, planBytes, type Plan, type PlannedObject } from '../../archive/plan.ts';
import { checkRepositoryComplete, parseRepositoryData, rootMetadataKey } from '../../archive/repository-data.ts';
import { requireOwnPaths } from '../../archive/repository-paths.ts';
import { parseSnapshotRecord } from '../../archive/run-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { StagingChanged } from '../../workflow/errors.ts';
import { connectStaging, stagingVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readIfPresent, readRecord, writeOnce } from '../records.ts';

export const environment = z.object({
  ...stagingVariables,
  RECIPIENT_FINGERPRINTS: z.string().transform((text) => text.split(',')),
  ENCRYPTION_PROFILE: encryptionProfile,
  RETENTION_DAYS: z.coerce.number().int().positive(),
  VOLUME_BYTES: z.coerce.number().int().positive(),
  PARALLELISM: z.coerce.number().int().positive(),
});

export interface Ports {
  readonly staging: ObjectStore;
  readonly encryption: Plan['encryption'];
  readonly retentionDays: number;
  readonly volumeBytes: number;
  readonly parallelism: number;
  readonly now: () => Date;
}

/** Decides, once per archive, which staged object goes into which volume; returns the volumes that are still to be made. */
export async function planVolumes(
  { archiveId }: z.output<typeof archiveContracts.PlanVolumes.input>,
  ports: Ports,
): Promise<z.output<typeof archiveContracts.PlanVolumes.output>> {
  const { staging } = ports;
  const planned = await readIfPresent(staging, planKey(archiveId), parsePlan);
  const objects = await listObjects(staging, repositoryPrefix(archiveId));
  const plan = planned ?? (await makePlan(archiveId, objects, ports));
  const records = await listKeys(staging, runPrefix(archiveId));
  const pending = plan.volumes.filter(({ number }) => !records.has(receiptKey(archiveId, number)));
  if (pending.length > 0) requireUnchanged(plan, objects);
  const all = plan.volumes.flatMap((volume) => volume.objects);
  return {
    volumes: plan.volumes.length,
    objects: all.length,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    pending: pending.map(({ number }) => ({ volume: number })),
  };
}

async function makePlan(archiveId: string, objects: PlannedObject[], ports: Ports): Promise<Plan> {
  const { staging } = ports;
  const { indices: held } = await readRecord(staging, snapshotRecordKey(archiveId), parseSnapshotRecord);
  const keys = objects.map(({ key }) => key);
  const root = rootMetadataKey(keys);
  const data = parseRepositoryData(await staging.read(`${repositoryPrefix(archiveId)}${root}`));
  const shards = new Map(held.map((index) => [index.name, index.shards.length]));
  const { indices } = checkRepositoryComplete(data, archiveId, shards, keys);
  requireOwnPaths(
    keys,
    indices.map(({ repositoryId }) => repositoryId),
  );
  const { retentionDays, volumeBytes: targetBytes, parallelism, encryption, now } = ports;
  const plan: Plan = {
    archiveId,
    retainUntil: endOfTerm(now(), retentionDays),
    encryption,
    indices: indices.map(({ name, repositoryId }) => ({ name, repositoryId })),
    volumes: packVolumes({ archiveId, objects, indices, targetBytes, parallelism }),
  };
  return writeOnce(staging, planKey(archiveId), planBytes(plan), parsePlan);
}

/** Whole seconds: S3 keeps no more of a retention date. */
const endOfTerm = (now: Date, days: number): string =>
  new Date(Math.floor(now.getTime() / 1000) * 1000 + days * 86_400_000).toISOString();

async function listObjects(staging: ObjectStore, prefix: string): Promise<PlannedObject[]> {
  const objects: PlannedObject[] = [];
  for await (const { key, bytes } of staging.list(prefix)) objects.push({ key: key.slice(prefix.length), bytes });
  return objects;
}

async function listKeys(staging: ObjectStore, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of staging.list(prefix)) keys.add(key);
  return keys;
}

/** @throws StagingChanged when the staged objects are not the planned ones. */
function requireUnchanged(plan: Plan, objects: readonly PlannedObject[]): void {
  const planned = new Map(plan.volumes.flatMap((volume) => volume.objects).map(({ key, bytes }) => [key, bytes]));
  const staged = new Map(objects.map(({ key, bytes }) => [key, bytes]));
  const differing = [...new Set([...planned.keys(), ...staged.keys()])].filter(
    (key) => planned.get(key) !== staged.get(key),
  );
  if (differing.length === 0) return;
  throw new StagingChanged(
    `The staged repository of ${plan.archiveId} is not the planned one any more: ${differing.length} objects are gone, ` +
      `new, or of another length (${differing.slice(0, 5).join(', ')}). Start a new execution for the same indices instead.`,
  );
}

export const step = defineStep('PlanVolumes', archiveContracts.PlanVolumes, {
  environment,
  connect: (variables): Ports => ({
    staging: connectStaging(variables),
    encryption: {
      profile: variables.ENCRYPTION_PROFILE,
      recipients: [...variables.RECIPIENT_FINGERPRINTS].sort(),
    },
    retentionDays: variables.RETENTION_DAYS,
    volumeBytes: variables.VOLUME_BYTES,
    parallelism: variables.PARALLELISM,
    now: () => new Date(),
  }),
  run: planVolumes,
});

export const handler = lambdaHandler(step);
