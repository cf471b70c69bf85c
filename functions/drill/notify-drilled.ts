import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Notifier } from '../../ports/notifier.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { subjectLine } from '../failure/notice.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';

export const environment = z.object({ RESTORE_BUCKET: z.string().min(3), TOPIC_ARN: z.string().min(1) });

export interface Ports {
  readonly notifier: Notifier;
  /** Name of the restore bucket, where the report is. */
  readonly restoreBucket: string;
}

type Input = z.output<typeof drillContracts.NotifyDrilled.input>;

/** Tells that the drill has passed, and where its evidence is. */
export async function notifyDrilled(
  input: Input,
  { notifier, restoreBucket }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof drillContracts.NotifyDrilled.output>> {
  await notifier.publish(subjectLine(`Permafrost: drill passed: ${input.archiveId}`), describe(input, restoreBucket));
  telemetry.measure('DrillsPassed', 1, 'Count');
  return { notified: true };
}

function describe({ archiveId, index, reason, drilled, evidence, execution }: Input, bucket: string): string {
  const exactly = drilled.documentsExact ? '' : ' (the archive does not promise the count)';
  return [
    `Archive ${archiveId} was shown to be restorable.`,
    '',
    `Index:     ${index}, restored as ${drilled.name} and removed again`,
    `Picked:    ${reason}`,
    `Documents: ${drilled.documents}${exactly}`,
    `Samples:   ${drilled.samples} documents, each as the signed manifest has it`,
    '',
    `Report:    s3://${bucket}/${evidence.key} (signature beside it: .sig)`,
    `To read:   s3://${bucket}/${evidence.pageKey}`,
    `SHA-256:   ${evidence.sha256}`,
    '',
    `Execution: ${execution.id}`,
  ].join('\n');
}

export const step = defineStep('NotifyDrilled', drillContracts.NotifyDrilled, {
  environment,
  connect: (variables): Ports => ({
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
    restoreBucket: variables.RESTORE_BUCKET,
  }),
  run: notifyDrilled,
});

export const handler = lambdaHandler(step);
