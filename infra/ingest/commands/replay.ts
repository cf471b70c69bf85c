import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { MessageNotUnderstood } from '../../../workflow/errors.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { s3ObjectStore } from '../../../ports/s3-object-store.ts';
import { subscriptionEvent, type SubscriptionEvent } from '../../../functions/ingest/subscription-message.ts';
import { failedEventsPrefix } from '../cloudwatch/failed-events-prefix.ts';
import { main, type Command, type Outcome, type Terminal } from './command.ts';
import { inParallel } from './in-parallel.ts';
import { bucket, turnedOn, wholeNumber } from './options.ts';

const schema = z.object({
  bucket,
  function: z.string().min(1, 'must be the name of a function'),
  parallel: wholeNumber(1, 50).default(4),
  'dry-run': turnedOn,
});

/** What Lambda stores of an event that failed (AWS Lambda, "Capturing records of asynchronous invocations"). */
const failedEvent = z.looseObject({
  timestamp: z.string(),
  requestContext: z.looseObject({ condition: z.string(), approximateInvokeCount: z.number() }),
  requestPayload: subscriptionEvent,
  responsePayload: z.looseObject({ errorType: z.string().optional(), errorMessage: z.string().optional() }).nullish(),
});

/** An event has up to 6 MiB. */
const recordLimitBytes = 16 * 1024 * 1024;
/**
 * In a row: then the cause is not repaired, and each further attempt only adds to the trouble. What is wrong with an event itself
 * says nothing about the cause, and does not count: a few such events would else hide all that come after them, in every run.
 */
const mostFailures = 5;
const isOfEvent = (failure: string): boolean => failure.startsWith(`${MessageNotUnderstood.name}:`);

/** Gives an event to the function and waits for it to end. Resolves with why it failed, if it did. */
export type Invoke = (event: SubscriptionEvent) => Promise<string | undefined>;

/**
 * Gives failed events to the function again, and deletes each when the function has done it. One that is done twice adds nothing:
 * ids stay the same.
 */
export async function replay(
  events: ObjectStore,
  invoke: Invoke,
  { prefix, parallel, dryRun }: { readonly prefix: string; readonly parallel: number; readonly dryRun: boolean },
  { say, stop }: Terminal,
): Promise<Outcome> {
  let [replayed, kept, inARow] = [0, 0, 0];
  const keep = (key: string, why: string): void => {
    kept += 1;
    say(`Kept ${key}: ${why}`);
  };
  const one = async ({ key }: { readonly key: string }): Promise<void> => {
    const parsed = failedEvent.safeParse(json(await events.read(key, { limitBytes: recordLimitBytes })));
    if (!parsed.success) {
      keep(key, 'it is no record of a failed event of CloudWatch Logs');
      return;
    }
    const { requestPayload, requestContext, responsePayload, timestamp } = parsed.data;
    if (dryRun) {
      const { errorType = requestContext.condition, errorMessage = '' } = responsePayload ?? {};
      replayed += 1;
      say(`${timestamp} ${errorType}: ${errorMessage.slice(0, 200)}`);
      return;
    }
    const failure = await invoke(requestPayload);
    if (failure !== undefined) {
      if (!isOfEvent(failure)) inARow += 1;
      keep(key, failure);
      return;
    }
    await events.delete([key]);
    replayed += 1;
    inARow = 0;
    if (replayed % 100 === 0) say(`${replayed} events replayed`);
  };
  await inParallel(events.list(prefix), parallel, one, () => !stop.aborted && inARow < mostFailures);

  if (replayed + kept === 0 && !stop.aborted) {
    say(
      `There is nothing below ${prefix}. If there should be: is it the bucket of failed events (output FailedEventsBucket)?`,
    );
  }
  if (dryRun) say(`${replayed} events would be replayed.`);
  else say(`${replayed} events replayed and deleted, ${kept} kept.`);
  if (inARow >= mostFailures) say(`Stopped after ${inARow} failures in a row: repair the cause first.`);
  return kept > 0 || stop.aborted ? 'left' : 'done';
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

const errorAnswer = z.looseObject({ errorType: z.string(), errorMessage: z.string() });

export const invocation =
  (client: LambdaClient, functionName: string): Invoke =>
  async (event) => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: 'RequestResponse',
        Payload: JSON.stringify(event),
      }),
    );
    if (FunctionError === undefined) return undefined;
    const answer = errorAnswer.safeParse(json(Payload ?? new Uint8Array()));
    return answer.success ? `${answer.data.errorType}: ${answer.data.errorMessage}` : FunctionError;
  };

export const replayCommand: Command<typeof schema> = {
  name: 'replay',
  about:
    'Gives events of CloudWatch Logs that the function failed over three times to the function again, and deletes each from the\n' +
    'bucket of failed events when it is indexed. May be repeated: what is indexed already stays as it is.',
  schema,
  options: {
    bucket: { value: 'NAME', help: 'the bucket of failed events' },
    function: { value: 'NAME', help: 'the function: PREFIX-index-cloudwatch-logs' },
    parallel: { value: 'N', help: 'events at the same time; default 4' },
    'dry-run': { help: 'says when and why each event failed, and changes nothing' },
  },
  run(options, terminal) {
    const { bucket: name, function: functionName, parallel, 'dry-run': dryRun } = options;
    const invoke = invocation(
      // The answer comes when the function has ended; it may take its whole time.
      new LambdaClient({ maxAttempts: 5, requestHandler: { requestTimeout: 16 * 60_000 } }),
      functionName,
    );
    const prefix = failedEventsPrefix(functionName);
    return replay(s3ObjectStore(new S3Client(), name), invoke, { prefix, parallel, dryRun }, terminal);
  },
};

if (import.meta.main) await main(replayCommand);
