import { z } from 'zod';
import { MessageNotUnderstood } from '../../../workflow/errors.ts';
import { eventBridgeEvent, ofEventBridgeEvent } from './eventbridge-event.ts';
import type { Understood } from './object-to-index.ts';
import { backfillMessage, continuationMessage, ofBackfill, ofContinuation } from './own-messages.ts';
import { ofS3Event, s3Event, s3TestEvent } from './s3-event.ts';

/** What SNS puts around a message unless the subscription asks for raw delivery. */
const envelope = z.object({ Type: z.literal('Notification'), TopicArn: z.string(), Message: z.string() });

type Reader = (message: unknown) => Understood | undefined;
const shape =
  <S extends z.ZodType>(schema: S, read: (message: z.output<S>) => Understood): Reader =>
  (message) => {
    const parsed = schema.safeParse(message);
    return parsed.success ? read(parsed.data) : undefined;
  };

const notifications: readonly Reader[] = [
  shape(s3Event, ofS3Event),
  shape(s3TestEvent, () => ({ objects: [], nothing: ['test-event'] })),
  shape(eventBridgeEvent, ofEventBridgeEvent),
];
const shapes: readonly Reader[] = [
  ...notifications,
  shape(envelope, ({ Message }) => firstOf(notifications, Message)),
  shape(continuationMessage, ofContinuation),
  shape(backfillMessage, ofBackfill),
];

/**
 * Which objects a message of the queue asks to index. Notifications of S3 come directly, through SNS (raw or in its envelope) or
 * through EventBridge (directly or through SNS); our own messages only directly.
 * @throws MessageNotUnderstood whatever else it is, be it in one of its records only: it must not be taken for nothing to do.
 */
export const readMessage = (body: string): Understood => firstOf(shapes, body);

const longestQuote = 300;

function firstOf(readers: readonly Reader[], text: string): Understood {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new MessageNotUnderstood(`Not JSON: ${text.slice(0, longestQuote)}`, { cause });
  }
  for (const read of readers) {
    const understood = read(message);
    if (understood !== undefined) return understood;
  }
  throw new MessageNotUnderstood(`Of no known shape: ${text.slice(0, longestQuote)}`);
}
