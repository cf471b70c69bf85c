import { z } from 'zod';
import { archiveIdOf } from '../../archive/archive-id.ts';
import { readSealedManifest, type SealedArchive } from '../../archive/catalogue.ts';
import { listReports, parseEvidence } from '../../archive/evidence.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import { inParallel } from '../../archive/verify-in-parallel.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { drillContracts, drillRequest, type DrillRequest } from '../../workflow/drill-contracts.ts';
import { InvalidRequest, NoArchiveFound } from '../../workflow/errors.ts';
import { archiveVariables, connectArchive, connectRestore, restoreVariables } from '../connect.ts';
import { readRecord } from '../records.ts';
import { trustVariables } from '../restore/plan/settings.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { choose, chooseIndex, type Candidate, type Choice, type PastDrill } from './choose.ts';
import { connectEvidenceSigner, evidenceVariables, requireOwnKey } from './evidence-key.ts';

export const environment = z.object({
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
  ...evidenceVariables,
});

export interface Ports {
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly signer: Signer;
  readonly trusted: ReadonlySet<string>;
  readonly now: () => Date;
}

type Output = z.output<typeof drillContracts.PickArchive.output>;

const PARALLEL_READS = 8;

/** Chooses what is drilled: one index of one archive whose lock has not ended. */
export async function pickArchive(
  { request, execution }: z.output<typeof drillContracts.PickArchive.input>,
  ports: Ports,
): Promise<Output> {
  const asked = parseRequest(request);
  // Now, and not when hours of thawing are over.
  await requireOwnKey(ports.signer, ports.trusted);
  const startedAt = new Date(execution.startedAt);
  const drillId = archiveIdOf({ prefix: 'drill', startedAt, executionArn: execution.id });
  const candidates = await lockedArchives(ports);
  const drills = await pastDrills(ports.restore);
  if (asked.archiveId !== undefined) {
    return { drillId, due: true, ...asFor(asked.archiveId, asked.index, candidates, drills) };
  }
  if (candidates.length === 0) {
    const reason = 'No archive is sealed and under lock.';
    return { drillId, due: false, reason, archiveId: null, sequence: null, index: null };
  }
  return { drillId, due: true, ...choose(candidates, drills) };
}

function parseRequest(request: unknown): DrillRequest {
  const parsed = drillRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}`);
  throw new InvalidRequest(`The input is no request for a drill: ${faults.join('; ')}`);
}

/** Sealed archives whose lock has not ended, oldest seal first. After the lock the volumes may be gone by right. */
async function lockedArchives({ archive, trusted, now }: Ports): Promise<Candidate[]> {
  const { sealed } = await verifyChain(archive, { trusted });
  const once = new Map(sealed.map((one): [string, SealedArchive] => [one.archiveId, one]));
  const read = await inParallel([...once.values()], PARALLEL_READS, async (one) => {
    const { indices, retention } = await readSealedManifest(archive, one);
    const facts = indices.map(({ name, documents }) => ({ name, documents: documents.count }));
    return { until: new Date(retention.until), archiveId: one.archiveId, sequence: one.sequence, indices: facts };
  });
  return read.filter(({ until }) => until > now());
}

/** By the reports, passed and failed, oldest first. They only order the choice, so signatures are not asked for. */
async function pastDrills(restore: ObjectStore): Promise<PastDrill[]> {
  const keys = await listReports(restore);
  const reports = await inParallel(keys, PARALLEL_READS, (key) => readRecord(restore, key, parseEvidence));
  return reports.map(({ drillId, archive }) => ({ drillId, archiveId: archive.archiveId }));
}

function asFor(
  archiveId: string,
  index: string | undefined,
  candidates: readonly Candidate[],
  drills: readonly PastDrill[],
): Choice {
  const archive = candidates.find((candidate) => candidate.archiveId === archiveId);
  if (!archive) {
    throw new NoArchiveFound(`None of the ${candidates.length} archives sealed and under lock has the id ${archiveId}`);
  }
  if (index !== undefined && !archive.indices.some(({ name }) => name === index)) {
    throw new NoArchiveFound(`Archive ${archiveId} holds no index ${index}`);
  }
  const { sequence } = archive;
  return { archiveId, sequence, index: index ?? chooseIndex(archive, drills), reason: 'asked for by hand' };
}

export const step = defineStep('PickArchive', drillContracts.PickArchive, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    signer: connectEvidenceSigner(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
    now: () => new Date(),
  }),
  run: pickArchive,
});

export const handler = lambdaHandler(step);
