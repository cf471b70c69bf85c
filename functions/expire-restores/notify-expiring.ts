import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { restoreRecordKey } from '../../archive/keys.ts';
import { originOf } from '../../archive/restore-records.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { expireContracts } from '../../workflow/expire-contracts.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { changeLeases, isToTell, readLeaseRecord, type Lease } from './lease-records.ts';

export const environment = z.object({ ...restoreVariables, TOPIC_ARN: z.string().min(1) });

export interface Ports {
  readonly restore: ObjectStore;
  readonly notifier: Notifier;
}

type Input = z.output<typeof expireContracts.NotifyExpiring.input>;

/** Tells once of each index that is removed next, and of what was removed just now. Quiet when there is neither. */
export async function notifyExpiring(
  input: Input,
  { restore, notifier }: Ports,
): Promise<z.output<typeof expireContracts.NotifyExpiring.output>> {
  const at = new Date(input.at);
  const ending: { lease: Lease; restoreId: string }[] = [];
  for (const restoreId of input.ending) {
    const { indices } = await readLeaseRecord(restore, restoreRecordKey(restoreId));
    ending.push(...indices.filter((lease) => isToTell(lease, at)).map((lease) => ({ lease, restoreId })));
  }
  const { removed, kept } = input.removal;
  if (ending.length + removed + kept === 0) return { notified: false, told: 0 };
  await notifier.publish(subject(ending.length, removed, kept), describe(ending, input));
  // After the notice: told twice is better than never.
  for (const restoreId of new Set(ending.map((each) => each.restoreId))) {
    await changeLeases(restore, restoreId, (lease) =>
      Promise.resolve(isToTell(lease, at) ? { toldAt: input.at } : undefined),
    );
  }
  return { notified: true, told: ending.length };
}

const subject = (ending: number, removed: number, kept: number): string =>
  ending > 0
    ? `Permafrost: ${ending} restored indices will be removed`
    : `Permafrost: leases of ${removed + kept} restored indices have ended`;

function describe(ending: readonly { lease: Lease; restoreId: string }[], { removal, execution }: Input): string {
  const more = (count: number, listed: readonly string[]): string[] =>
    count > listed.length ? [`  and ${count - listed.length} more`] : [];
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? [title, ...lines.map((line) => `  ${line}`), ''] : [];
  return [
    ...section(
      'Removed by the first daily run after the time given, unless somebody keeps them:',
      ending.map(
        ({ lease, restoreId }) =>
          `${lease.name}: ${lease.leaseUntil ?? ''} (${lease.from} of ${originOf(lease)}, ${restoreId})`,
      ),
    ),
    ...section('Removed now, their lease has ended:', removal.removedNames),
    ...more(removal.removed, removal.removedNames),
    ...section('Lease ended, nothing removed:', removal.keptNames),
    ...more(removal.kept, removal.keptNames),
    'The archives stay, and can be restored again; snapshots only as long as their own retention.',
    '',
    `Execution: ${execution.id}`,
  ].join('\n');
}

export const step = defineStep('NotifyExpiring', expireContracts.NotifyExpiring, {
  environment,
  connect: (variables): Ports => ({
    restore: connectRestore(variables),
    notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
  }),
  run: notifyExpiring,
});

export const handler = lambdaHandler(step);
