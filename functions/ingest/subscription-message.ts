import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { MessageNotUnderstood } from '../../workflow/errors.ts';
import { parseJson } from './content/parse-json.ts';

const inflate = promisify(gunzip);

/** What Lambda gets of a subscription filter: base64 of gzip of JSON (Amazon CloudWatch Logs User Guide, "Subscription filters"). */
export const subscriptionEvent = z.object({ awslogs: z.object({ data: z.base64().min(1) }) });
export type SubscriptionEvent = z.output<typeof subscriptionEvent>;

const dataMessage = z.looseObject({
  messageType: z.literal('DATA_MESSAGE'),
  owner: z.string(),
  logGroup: z.string(),
  logStream: z.string(),
  logEvents: z.array(z.unknown()),
});
/** With it CloudWatch Logs tries whether its destination is there. */
const controlMessage = z.looseObject({ messageType: z.literal('CONTROL_MESSAGE') });
const message = z.union([dataMessage, controlMessage]);

export type SubscriptionMessage =
  | { readonly kind: 'control' }
  | {
      readonly kind: 'data';
      /** As `cloudwatchRecords` reads it. */
      readonly message: z.output<typeof dataMessage>;
      /** When CloudWatch Logs had the newest of its events: what stays the same however often the message comes. */
      readonly newest: Date;
    };

/** An event has up to 1 MiB before base64; log lines shrink to a tenth or twentieth. More would not fit into the function's memory. */
const inflatedLimitBytes = 64 * 1024 * 1024;

/** @throws MessageNotUnderstood when it is anything else than CloudWatch Logs sends */
export async function readSubscriptionEvent(event: unknown): Promise<SubscriptionMessage> {
  const outer = subscriptionEvent.safeParse(event);
  if (!outer.success) throw new MessageNotUnderstood('No event of a subscription filter: awslogs.data is missing');
  let text: string;
  try {
    const bytes = await inflate(Buffer.from(outer.data.awslogs.data, 'base64'), {
      maxOutputLength: inflatedLimitBytes,
    });
    text = bytes.toString();
  } catch (cause) {
    throw new MessageNotUnderstood('The data of a subscription filter is not gzip, damaged or too long', { cause });
  }
  const inner = message.safeParse(parseJson(text)?.value);
  if (!inner.success)
    throw new MessageNotUnderstood('The data of a subscription filter is no message of CloudWatch Logs');
  if (inner.data.messageType === 'CONTROL_MESSAGE') return { kind: 'control' };
  return { kind: 'data', message: inner.data, newest: newestOf(inner.data) };
}

/** CloudWatch Logs takes events of the last 14 days and the next two hours: a time of its own is not far from when it got them. */
function newestOf({ logEvents, logGroup }: z.output<typeof dataMessage>): Date {
  const times = logEvents.flatMap((event) => {
    const parsed = timed.safeParse(event);
    return parsed.success ? [parsed.data.timestamp] : [];
  });
  if (times.length === 0) throw new MessageNotUnderstood(`No event of ${logGroup} has a time`);
  return new Date(times.reduce((one, other) => Math.max(one, other)));
}

const timed = z.object({ timestamp: z.number().int().positive().max(8.64e15) });
