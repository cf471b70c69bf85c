import { z } from 'zod';
import { archiveIdOf, parseArchiveId } from '../../archive/archive-id.ts';
import type { SealedArchive } from '../../archive/catalogue.ts';
import { restoreRequestKey } from '../../archive/keys.ts';
import { verifyCatalogue } from '../../archive/verify-archive.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import { inParallel } from '../../archive/verify-in-parallel.ts';
import { verifySignedBy } from '../../archive/verify-keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { NoArchiveFound } from '../../workflow/errors.ts';
import { restoreContracts, type RestoreRequest } from '../../workflow/restore-contracts.ts';
import { archiveVariables, connectArchive, connectRestore, restoreVariables } from '../connect.ts';
import type { IndexPattern } from '../index-pattern.ts';
import { readIfPresent, writeOnce } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { archivedIndices, hasLogsOf, namesLike, newestOfEachName, type ArchivedIndex } from './plan/find-indices.ts';
import { locatedRestoreBytes, parseLocatedRestore, parseRestoreRequest, type LocatedRestore } from './plan/request.ts';
import { patternVariables, trustVariables } from './plan/settings.ts';

export const environment = z.object({
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
  ...patternVariables,
});

export interface Ports {
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly trusted: ReadonlySet<string>;
  readonly patterns: readonly IndexPattern[];
}

type Output = z.output<typeof restoreContracts.LocateArchive.output>;

const PARALLEL_MANIFESTS = 8;
/** A monthly index can be archived early in its month, and be asked for by the last of its days. */
const LONGEST_PERIOD_MS = 32 * 86_400_000;

/** Finds, once per execution, the sealed archives that hold what is asked for, and which index is read from which of them. */
export async function locateArchive(
  { request, execution }: z.output<typeof restoreContracts.LocateArchive.input>,
  ports: Ports,
): Promise<Output> {
  const startedAt = new Date(execution.startedAt);
  const restoreId = archiveIdOf({ prefix: 'restore', startedAt, executionArn: execution.id });
  const key = restoreRequestKey(restoreId);
  const located = await readIfPresent(ports.restore, key, parseLocatedRestore);
  if (located) return outcome(located);
  const asked = parseRestoreRequest(request);
  const { conflict, renamePattern, thaw, planOnly, leaseDays, replicas = null } = asked;
  const { newest, warnings } = newestOfEachName(await find(asked, ports));
  const record: LocatedRestore = {
    restoreId,
    execution: execution.id,
    ...{ conflict, renamePattern, thaw, planOnly, leaseDays, replicas },
    archives: byArchive(newest),
    warnings,
  };
  return outcome(await writeOnce(ports.restore, key, locatedRestoreBytes(record), parseLocatedRestore));
}

/** The archived indices that fit the request. @throws NoArchiveFound naming what was looked for. */
async function find(asked: RestoreRequest, ports: Ports): Promise<ArchivedIndex[]> {
  const { archive, trusted, patterns } = ports;
  const { sealed } = await verifyChain(archive, { trusted });
  const chosen = sealed.filter(couldHold(asked));
  if ('archiveId' in asked && chosen.length === 0) {
    throw new NoArchiveFound(`None of the ${sealed.length} sealed archives has the id ${asked.archiveId}`);
  }
  const verifySigned = verifySignedBy(archive, trusted);
  const isAsked = namesLike(asked.indices);
  const ofDays = 'from' in asked ? hasLogsOf(asked, patterns) : () => true;
  const held = await inParallel(chosen, PARALLEL_MANIFESTS, async (one) => {
    const { manifest } = await verifyCatalogue(archive, one, verifySigned);
    return archivedIndices(manifest, one.sequence).filter((index) => isAsked(index.name) && ofDays(index));
  });
  const found = held.flat();
  const where = 'archiveId' in asked ? `in archive ${asked.archiveId}` : `with logs of ${asked.from} to ${asked.to}`;
  const missing = asked.indices.filter((pattern) => !found.some(({ name }) => namesLike([pattern])(name)));
  if (missing.length > 0) {
    throw new NoArchiveFound(`No sealed archive holds an index ${where} named ${missing.join(', ')}`);
  }
  return found;
}

/** Archives that can be left aside without reading their manifests. */
function couldHold(asked: RestoreRequest): (sealed: SealedArchive) => boolean {
  if ('archiveId' in asked) return ({ archiveId }) => archiveId === asked.archiveId;
  const earliest = Date.parse(`${asked.from}T00:00:00Z`) - LONGEST_PERIOD_MS;
  return ({ archiveId }) => parseArchiveId(archiveId).createdAt.getTime() >= earliest;
}

/** Oldest archive first. */
function byArchive(indices: readonly ArchivedIndex[]): LocatedRestore['archives'] {
  const names = new Map<string, string[]>();
  for (const { archiveId, name } of indices.toSorted((a, b) => a.sequence - b.sequence)) {
    names.set(archiveId, [...(names.get(archiveId) ?? []), name]);
  }
  return [...names].map(([archiveId, held]) => ({ archiveId, indices: held }));
}

const outcome = ({ restoreId, archives, planOnly }: LocatedRestore): Output => ({
  restoreId,
  archives: archives.length,
  indices: archives.reduce((sum, { indices }) => sum + indices.length, 0),
  planOnly,
});

export const step = defineStep('LocateArchive', restoreContracts.LocateArchive, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
    patterns: variables.INDEX_PATTERNS,
  }),
  run: locateArchive,
});

export const handler = lambdaHandler(step);
