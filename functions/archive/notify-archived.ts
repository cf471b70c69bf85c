import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { readManifest } from '../../archive/catalogue.ts';
import type { Manifest } from '../../archive/manifest.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { archiveVariables, connectArchive } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';

export const environment = z.object({
  ...archiveVariables,
  TOPIC_ARN: z.string().min(1),
  RUNBOOK_URL: z.string().min(1),
});

export interface Ports {
  readonly archive: ObjectStore;
  readonly notifier: Notifier;
  readonly runbookUrl: string;
}

type Input = z.output<typeof archiveContracts.NotifyArchived.input>;

/** Tells that an archive is sealed, what it holds, and which earlier runs are still unfinished. */
export async function notifyArchived(
  input: Input,
  { archive, notifier, runbookUrl }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof archiveContracts.NotifyArchived.output>> {
  const manifest = await readManifest(archive, input.archiveId);
  await notifier.publish(
    `Permafrost: archived ${manifest.indices.length} indices`,
    describe(manifest, input, runbookUrl),
  );
  telemetry.measure('ArchivesSealed', 1, 'Count');
  telemetry.measure('DocumentsArchived', documents(manifest), 'Count');
  telemetry.measure('CiphertextStored', sum(manifest.volumes.map(({ bytes }) => bytes)), 'Bytes');
  telemetry.measure('Leftovers', input.leftovers.length, 'Count');
  return { notified: true };
}

function describe(manifest: Manifest, { leftovers, wiped, execution }: Input, runbookUrl: string): string {
  const indices = manifest.indices.map(({ name, documents: { count, exact }, supersedes }) => {
    const later = supersedes === null ? '' : ` (supersedes ${supersedes})`;
    return `  ${name}: ${exact ? '' : 'at least '}${count} documents${later}`;
  });
  return [
    `Archive ${manifest.archiveId} is sealed.`,
    '',
    ...indices,
    '',
    `Volumes: ${manifest.volumes.length}, ${sum(manifest.volumes.map(({ bytes }) => bytes))} bytes encrypted to ` +
      manifest.encryption.recipients.join(', '),
    `Locked until ${manifest.retention.until}.`,
    `Removed from staging: ${wiped.objects} objects, ${wiped.bytes} bytes.`,
    ...(leftovers.length > 0
      ? [
          '',
          `Unfinished archives of earlier runs, left alone: ${leftovers.join(', ')}`,
          `See ${runbookUrl}#leftovers: redrive their executions, or start one with {"resume": "<archive-id>"}.`,
        ]
      : []),
    '',
    `Execution: ${execution.id}`,
  ].join('\n');
}

const documents = (manifest: Manifest): number => sum(manifest.indices.map((index) => index.documents.count));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

export const step = defineStep('NotifyArchived', archiveContracts.NotifyArchived, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
    runbookUrl: variables.RUNBOOK_URL,
  }),
  run: notifyArchived,
});

export const handler = lambdaHandler(step);
