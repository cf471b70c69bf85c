import { z } from 'zod';
import { archiveIdOf, parseArchiveId } from '../../archive/archive-id.ts';
import type { SealedArchive } from '../../archive/catalogue.ts';
import { restoreRequestKey } from '../../archive/keys.ts';
import { verifyCatalogue } from '../../archive/verify-archive.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import { inParallel } from '../../archive/verify-in-parallel.ts';
import { verifySignedBy } from '../../archive/verify-keys.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { NoArchiveFound } from '../../workflow/errors.ts';
import { restoreContracts, type ArchivesRequest } from '../../workflow/restore-contracts.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectRestore,
  restoreVariables,
} from '../connect.ts';
import type { IndexPattern } from '../index-pattern.ts';
import { namesLike } from '../name-expressions.ts';
import { readIfPresent, writeOnce } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { archivedIndices, hasLogsOf, newestOfEachName, type ArchivedIndex } from './plan/find-indices.ts';
import { locateSnapshot } from './plan/locate-snapshot.ts';
import {
  locatedRestoreBytes,
  parseLocatedRestore,
  parseRestoreRequest,
  type LocatedArchives,
  type LocatedRestore,
} from './plan/request.ts';
import { patternVariables, snapshotsVariables, trustVariables, type SnapshotsSettings } from './plan/settings.ts';

export const environment = z.object({
  ...clusterVariables,
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
  ...patternVariables,
  ...snapshotsVariables,
});

export interface Ports {
  readonly cluster: Cluster;
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly trusted: ReadonlySet<string>;
  readonly patterns: readonly IndexPattern[];
  readonly snapshots: SnapshotsSettings;
}

type Output = z.output<typeof restoreContracts.LocateArchive.output>;

const PARALLEL_MANIFESTS = 8;
/** A monthly index can be archived early in its month, and be asked for by the last of its days. */
const LONGEST_PERIOD_MS = 32 * 86_400_000;

/**
 * Finds, once per execution, the sealed archives that hold what is asked for, and which index is read from which of them; or the
 * snapshot that holds it.
 */
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
  const { conflict, renamePattern, planOnly, leaseDays, replicas = null } = asked;
  const record: LocatedRestore = {
    restoreId,
    execution: execution.id,
    ...{ conflict, renamePattern, planOnly, leaseDays, replicas },
    ...('source' in asked
      ? await locateSnapshot(asked, ports.cluster, ports.snapshots)
      : await locateArchives(asked, ports)),
  };
  return outcome(await writeOnce(ports.restore, key, locatedRestoreBytes(record), parseLocatedRestore));
}

async function locateArchives(
  asked: ArchivesRequest,
  ports: Ports,
): Promise<Pick<LocatedArchives, 'thaw' | 'archives' | 'warnings'>> {
  const { newest, warnings } = newestOfEachName(await find(asked, ports));
  return { thaw: asked.thaw, archives: byArchive(newest), warnings };
}

/** The archived indices that fit the request. @throws NoArchiveFound naming what was looked for. */
async function find(asked: ArchivesRequest, ports: Ports): Promise<ArchivedIndex[]> {
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
function couldHold(asked: ArchivesRequest): (sealed: SealedArchive) => boolean {
  if ('archiveId' in asked) return ({ archiveId }) => archiveId === asked.archiveId;
  const earliest = Date.parse(`${asked.from}T00:00:00Z`) - LONGEST_PERIOD_MS;
  return ({ archiveId }) => parseArchiveId(archiveId).createdAt.getTime() >= earliest;
}

/** Oldest archive first. */
function byArchive(indices: readonly ArchivedIndex[]): LocatedArchives['archives'] {
  const names = new Map<string, string[]>();
  for (const { archiveId, name } of indices.toSorted((a, b) => a.sequence - b.sequence)) {
    names.set(archiveId, [...(names.get(archiveId) ?? []), name]);
  }
  return [...names].map(([archiveId, held]) => ({ archiveId, indices: held }));
}

function outcome(located: LocatedRestore): Output {
  const { restoreId, planOnly } = located;
  if (located.source === 'snapshots') {
    const { name, indices } = located.snapshot;
    return { restoreId, archives: 0, snapshot: name, indices: indices.length, planOnly };
  }
  const { archives } = located;
  const indices = archives.reduce((sum, archive) => sum + archive.indices.length, 0);
  return { restoreId, archives: archives.length, indices, planOnly };
}

export const step = defineStep('LocateArchive', restoreContracts.LocateArchive, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
    patterns: variables.INDEX_PATTERNS,
    snapshots: { repository: variables.SNAPSHOT_REPOSITORY, prefix: variables.SNAPSHOT_PREFIX },
  }),
  run: locateArchive,
});

export const handler = lambdaHandler(step);
