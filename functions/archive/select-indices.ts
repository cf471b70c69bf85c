import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { archiveIdOf } from '../../archive/archive-id.ts';
import { findLink } from '../../archive/catalogue.ts';
import { selectionKey } from '../../archive/keys.ts';
import { parseSelection, selectionBytes, type SelectedIndex, type Selection } from '../../archive/run-records.ts';
import type { Cluster, ClusterIndex } from '../../ports/cluster.ts';
import type { Executions } from '../../ports/executions.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { sfnExecutions } from '../../ports/sfn-executions.ts';
import { archiveContracts, archiveRequest, type ArchiveRequest } from '../../workflow/contracts.ts';
import { ArchiveNotFound, InvalidRequest, NoIndicesSelected } from '../../workflow/errors.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectStaging,
  stagingVariables,
} from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { supportedCluster } from '../supported-cluster.ts';
import { readIfPresent, writeOnce } from '../records.ts';
import { findCandidates, requireArchivable, type SelectionSettings } from './selection/candidates.ts';
import { indexPattern } from '../index-pattern.ts';
import { commaSeparated } from '../comma-separated.ts';
import { findLeftovers } from './selection/leftovers.ts';
import { sealedIndices } from './selection/sealed-indices.ts';

export const environment = z.object({
  ...clusterVariables,
  ...stagingVariables,
  ...archiveVariables,
  ARCHIVE_PREFIX: z.string().min(1),
  INDEX_PATTERNS: commaSeparated.pipe(z.array(z.string()).min(1)),
  EXCLUDED_INDICES: commaSeparated,
  MINIMUM_AGE_HOURS: z.coerce.number().nonnegative(),
  WINDOW_DAYS: z.coerce.number().positive(),
  ALLOW_EMPTY: z.enum(['true', 'false']),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly executions: Executions;
  readonly prefix: string;
  readonly settings: SelectionSettings;
  readonly allowEmpty: boolean;
}

type Input = z.output<typeof archiveContracts.SelectIndices.input>;
type Output = z.output<typeof archiveContracts.SelectIndices.output>;

/** Freezes, once per archive, the list of indices that this execution archives; or says that there is nothing to do. */
export async function selectIndices(input: Input, ports: Ports): Promise<Output> {
  const request = parseRequest(input.request);
  const running = await ports.executions.running(input.execution.stateMachineId);
  const idOf = (execution: { arn: string; startedAt: Date }): string =>
    archiveIdOf({ prefix: ports.prefix, startedAt: execution.startedAt, executionArn: execution.arn });
  const own = { arn: input.execution.id, startedAt: new Date(input.execution.startedAt) };
  const ongoing = new Set([own, ...running].map(idOf));
  if ('resume' in request) {
    ongoing.add(request.resume);
    return resume(request.resume, ports, await findLeftovers(ports.staging, ports.archive, ongoing));
  }
  const archiveId = idOf(own);
  const leftovers = await findLeftovers(ports.staging, ports.archive, ongoing);
  const nothing = (reason: string): Output => outcome(archiveId, 'none', reason, [], leftovers);

  const frozen = await readIfPresent(ports.staging, selectionKey(archiveId), parseSelection);
  if (frozen) return outcome(archiveId, 'archive', 'The selection was frozen earlier.', frozen.indices, leftovers);

  const earlier = running.filter(({ arn, startedAt }) => arn !== own.arn && startedAt <= own.startedAt);
  if ('scheduledTime' in request && earlier.length > 0) {
    return nothing(`Another execution is running: ${earlier.map(({ arn }) => arn).join(', ')}`);
  }
  const { uuid, name, version } = await supportedCluster(ports.cluster);
  const candidates = await findCandidates(ports.cluster, request, ports.settings);
  if (candidates.length === 0) {
    if (ports.allowEmpty) return nothing('No index fits the request.');
    const patterns = ports.settings.patterns.map(({ text }) => text).join(', ');
    throw new NoIndicesSelected(`No index fits ${JSON.stringify(request)} by the patterns ${patterns}`);
  }
  const unsealed = await withoutSealed(candidates, ports);
  if (unsealed.length === 0) return nothing('Every index that fits the request is in a sealed archive, unchanged.');
  requireArchivable(unsealed.map(({ index }) => index));
  const selection: Selection = {
    archiveId,
    reason: 'scheduledTime' in request ? 'schedule' : 'date' in request ? 'date' : 'indices',
    cluster: { uuid, name, version },
    indices: unsealed.map(({ index, supersedes }) => selected(index, supersedes)),
  };
  const kept = await writeOnce(ports.staging, selectionKey(archiveId), selectionBytes(selection), parseSelection);
  return outcome(archiveId, 'archive', 'Unsealed indices fit the request.', kept.indices, leftovers);
}

function parseRequest(request: unknown): ArchiveRequest {
  const parsed = archiveRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  throw new InvalidRequest(
    'The input must be one of {"date": "YYYY-MM-DD"}, {"indices": ["name", ...]}, {"resume": "<archive-id>"}, ' +
      `{"scheduledTime": "<ISO 8601>"}; it is ${JSON.stringify(request)}`,
  );
}

async function resume(archiveId: string, ports: Ports, leftovers: string[]): Promise<Output> {
  const selection = await readIfPresent(ports.staging, selectionKey(archiveId), parseSelection);
  if (await findLink(ports.archive, archiveId)) {
    return outcome(archiveId, 'cleanup', 'The archive is sealed.', selection?.indices ?? [], leftovers);
  }
  if (!selection) throw new ArchiveNotFound(`Nothing is staged, and nothing sealed, for archive ${archiveId}`);
  return outcome(archiveId, 'archive', 'Resumed.', selection.indices, leftovers);
}

/**
 * Leaves out what a sealed archive already holds: the same index (by UUID) with the same operations (by the highest sequence
 * number of each shard). An index with later documents is archived again.
 */
async function withoutSealed(
  candidates: readonly ClusterIndex[],
  { archive, cluster }: Ports,
): Promise<{ index: ClusterIndex; supersedes: string | null }[]> {
  const oldest = new Date(Math.min(...candidates.map(({ createdAt }) => createdAt.getTime())));
  const sealed = await sealedIndices(archive, oldest);
  const unsealed: { index: ClusterIndex; supersedes: string | null }[] = [];
  for (const index of candidates) {
    const earlier = sealed.get(index.uuid);
    if (earlier && index.state === 'open' && index.health !== 'red') {
      const maxSeqNos = await cluster.maxSeqNos(index.name);
      if (JSON.stringify(maxSeqNos) === JSON.stringify(earlier.maxSeqNos)) continue;
    }
    unsealed.push({ index, supersedes: earlier?.archiveId ?? null });
  }
  return unsealed;
}

const selected = (index: ClusterIndex, supersedes: string | null): SelectedIndex => ({
  name: index.name,
  uuid: index.uuid,
  createdVersion: index.createdVersion,
  bytes: index.bytes,
  documents: index.documents,
  supersedes,
});

const outcome = (
  archiveId: string,
  work: Output['work'],
  reason: string,
  indices: readonly SelectedIndex[],
  leftovers: string[],
): Output => ({
  archiveId,
  work,
  reason,
  selection: {
    indices: indices.length,
    documents: indices.reduce((sum, { documents }) => sum + documents, 0),
    bytes: indices.reduce((sum, { bytes }) => sum + bytes, 0),
  },
  leftovers,
});

export const step = defineStep('SelectIndices', archiveContracts.SelectIndices, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    staging: connectStaging(variables),
    archive: connectArchive(variables),
    executions: sfnExecutions(new SFNClient()),
    prefix: variables.ARCHIVE_PREFIX,
    allowEmpty: variables.ALLOW_EMPTY === 'true',
    settings: {
      patterns: variables.INDEX_PATTERNS.map(indexPattern),
      excluded: variables.EXCLUDED_INDICES,
      minimumAgeHours: variables.MINIMUM_AGE_HOURS,
      windowDays: variables.WINDOW_DAYS,
    },
  }),
  run: selectIndices,
});

export const handler = lambdaHandler(step);
