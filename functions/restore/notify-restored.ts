import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord, type RestoreRecord } from '../../archive/restore-records.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { readRecord } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';

export const environment = z.object({ ...restoreVariables, TOPIC_ARN: z.string().min(1) });

export interface Ports {
  readonly restore: ObjectStore;
  readonly notifier: Notifier;
}

type Input = z.output<typeof restoreContracts.NotifyRestored.input>;

/** Tells what was restored, under which names, and until when it stays. */
export async function notifyRestored(
  input: Input,
  { restore, notifier }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof restoreContracts.NotifyRestored.output>> {
  const record = await readRecord(restore, restoreRecordKey(input.restoreId), parseRestoreRecord);
  await notifier.publish(`Permafrost: restored ${record.indices.length} indices`, describe(record, input));
  telemetry.measure('IndicesRestored', record.indices.length, 'Count');
  return { notified: true };
}

function describe({ restoreId, indices }: RestoreRecord, { wiped, execution }: Input): string {
  return [
    `Restore ${restoreId} is done; every index was verified against its signed manifest.`,
    '',
    ...indices.map(({ archiveId, from, name, documents, leaseUntil }) => {
      const stays = leaseUntil === null ? 'took the place of the index that was there' : `removed after ${leaseUntil}`;
      return `  ${name}: ${documents} documents of ${from}, archive ${archiveId} (${stays})`;
    }),
    '',
    `Unpacked plaintext removed: ${wiped.objects} objects, ${wiped.bytes} bytes.`,
    'Aliases and index-management policies of the originals do not come back by themselves.',
    '',
    `Execution: ${execution.id}`,
  ].join('\n');
}

export const step = defineStep('NotifyRestored', restoreContracts.NotifyRestored, {
  environment,
  connect: (variables): Ports => ({
    restore: connectRestore(variables),
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
  }),
  run: notifyRestored,
});

export const handler = lambdaHandler(step);
