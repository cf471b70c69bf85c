import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { restoreRecordKey } from '../../archive/keys.ts';
import { originOf, parseRestoreRecord, type RestoredIndex, type RestoreRecord } from '../../archive/restore-records.ts';
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
  const ofSnapshot = indices.some(({ source }) => source === 'snapshot');
  return [
    `Restore ${restoreId} is done; ${ofSnapshot ? shownOfSnapshot : 'every index was verified against its signed manifest.'}`,
    '',
    ...indices.map((index) => {
      const { from, name, documents, leaseUntil } = index;
      const stays = leaseUntil === null ? 'took the place of the index that was there' : `removed after ${leaseUntil}`;
      return `  ${name}: ${documents} documents of ${from}, ${originOf(index)} (${stays})${doubt(index)}`;
    }),
    '',
    ...(ofSnapshot ? [] : [`Unpacked plaintext removed: ${wiped.objects} objects, ${wiped.bytes} bytes.`]),
    'Aliases and index-management policies of the originals do not come back by themselves.',
    '',
    `Execution: ${execution.id}`,
  ].join('\n');
}

const shownOfSnapshot =
  'from an unsigned snapshot. Shown of every index: all of its primary shards are there, each file with the length and checksum ' +
  'that the snapshot itself notes, and its mapping and documents can be read. Not shown, since a snapshot has neither signature ' +
  'nor counts: that nobody changed it, and that it holds every document that was once written.';

/** An empty shard takes less. */
const emptyShardBytes = 1024;

const doubt = (index: RestoredIndex): string =>
  index.source === 'snapshot' && index.documents === 0 && index.bytes > index.shards * emptyShardBytes
    ? `: LOOK AT IT, the snapshot has ${index.bytes} bytes of it`
    : '';

export const step = defineStep('NotifyRestored', restoreContracts.NotifyRestored, {
  environment,
  connect: (variables): Ports => ({
    restore: connectRestore(variables),
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
  }),
  run: notifyRestored,
});

export const handler = lambdaHandler(step);
