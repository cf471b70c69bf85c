import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Notifier } from '../../ports/notifier.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';

export const environment = z.object({
  TOPIC_ARN: z.string().min(1),
  RUNBOOK_URL: z.string().min(1),
  /** `warnings`: a scheduled run sends a notice only where a person should look at something. A run by hand always sends one. */
  NOTIFY: z.enum(['always', 'warnings']),
});

export interface Ports {
  readonly notifier: Notifier;
  readonly runbookUrl: string;
  readonly notify: 'always' | 'warnings';
}

type Input = z.output<typeof snapshotContracts.NotifySnapshot.input>;

/** Tells what was taken and deleted, and measures it. */
export async function notifySnapshot(
  { run, execution }: Input,
  { notifier, runbookUrl, notify }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof snapshotContracts.NotifySnapshot.output>> {
  const taken = run.snapshot?.taken;
  if (taken) {
    telemetry.measure('SnapshotsTaken', 1, 'Count');
    telemetry.measure('SnapshotBytesAdded', taken.addedBytes, 'Bytes');
    telemetry.measure('SnapshotSeconds', taken.seconds, 'Seconds');
  }
  if (run.expired) telemetry.measure('SnapshotsDeleted', run.expired.snapshots.length, 'Count');
  const warnings = warningsOf(run);
  if (run.scheduled && notify === 'warnings' && warnings.length === 0) return { notified: false };
  const seen = warnings.length > 0 ? `, ${warnings.length} to look at` : '';
  await notifier.publish(`Permafrost: ${subjectOf(run)}${seen}`, describe(run, warnings, runbookUrl, execution.id));
  return { notified: true };
}

function subjectOf({ snapshot, expired, cleanup }: Input['run']): string {
  const done = [
    ...(snapshot?.taken ? ['snapshot taken'] : []),
    ...(expired ? [`${expired.snapshots.length} snapshots deleted`] : []),
    ...(cleanup ? ['snapshot repository cleaned up'] : []),
  ];
  return done.join(', ');
}

function warningsOf({ repository, expired }: Input['run']): string[] {
  const updated = `The settings of repository ${repository.name} were not those of the deployment, and were set back`;
  return [
    ...(repository.outcome === 'updated' ? [`${updated}: ${repository.changed.join('; ')}`] : []),
    ...(expired?.warnings ?? []),
  ];
}

function describe(run: Input['run'], warnings: readonly string[], runbookUrl: string, executionId: string): string {
  const { repository, snapshot, expired, cleanup, measured } = run;
  const lines = [`Repository ${repository.name} (${repository.outcome}).`];
  if (snapshot?.taken) {
    const { indices, bytes, addedBytes, seconds } = snapshot.taken;
    lines.push(
      `Snapshot ${run.snapshotName}: ${indices} indices, ${bytes} bytes, of which ${addedBytes} new, in ${seconds} s.`,
    );
  }
  if (expired) {
    lines.push(
      `Deleted ${expired.snapshots.length} expired snapshots, kept ${expired.kept}; ${expired.foreign} of other names were left alone.`,
      ...expired.snapshots.slice(0, 50).map((name) => `  ${name}`),
    );
  }
  if (cleanup) {
    lines.push(`Removed ${cleanup.deletedBlobs} blobs that no snapshot refers to, ${cleanup.deletedBytes} bytes.`);
  }
  if (measured) {
    lines.push(`It holds ${measured.snapshots} snapshots in ${measured.objects} objects, ${measured.bytes} bytes.`);
  }
  if (warnings.length > 0) {
    lines.push('', 'To look at:', ...warnings.map((warning) => `  ${warning}`), `See ${runbookUrl}#snapshot-warnings`);
  }
  return [...lines, '', `Execution: ${executionId}`].join('\n');
}

export const step = defineStep('NotifySnapshot', snapshotContracts.NotifySnapshot, {
  environment,
  connect: (variables): Ports => ({
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
    runbookUrl: variables.RUNBOOK_URL,
    notify: variables.NOTIFY,
  }),
  run: notifySnapshot,
});

export const handler = lambdaHandler(step);
