import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { nameOf } from '../../../functions/ingest/messages/object-to-index.ts';
import { readMessage } from '../../../functions/ingest/messages/read-message.ts';
import { MessageNotUnderstood } from '../../../workflow/errors.ts';
import { CommandMisused, main, type Command, type Outcome, type Terminal } from './command.ts';
import { queueUrl, turnedOn, wholeNumber } from './options.ts';

const schema = z.object({
  from: queueUrl,
  to: queueUrl.optional(),
  limit: wholeNumber(1, 1e9).optional(),
  'dry-run': turnedOn,
});

export interface RedriveOptions {
  /** URL of the dead-letter queue. */
  readonly from: string;
  readonly to: string;
  /** Messages at most. */
  readonly limit: number;
  readonly dryRun: boolean;
}

/** Stays with a message when it dies again: within one run no message is sent back twice. */
const marker = 'permafrost-redrive';
/** As many as SQS lets a message have. */
const mostAttributes = 10;
const perReceive = 10;
/** A long poll asks all servers of a queue; twice, as one answer may still miss a message. */
const emptyAnswers = 2;
const waitSeconds = 2;
/** Longer than sending and deleting ten messages takes, with the client's repetitions. */
const hiddenSeconds = 120;
const shownCharacters = 300;

/** Sends messages of a dead-letter queue back, each deleted there only when the other queue has it. */
export async function redrive(
  sqs: SQSClient,
  { from, to, limit, dryRun }: RedriveOptions,
  { say, stop }: Terminal,
): Promise<Outcome> {
  const run = randomUUID();
  const waiting = await count(sqs, from);
  say(`${waiting} messages wait in ${from}.`);
  let [sent, empty] = [0, 0];
  const back = new Map<string, string>();
  const failures: string[] = [];
  const most = dryRun ? Math.min(limit, perReceive) : limit;

  const one = async (message: Message): Promise<void> => {
    const handle = message.ReceiptHandle!;
    if (message.MessageAttributes?.[marker]?.StringValue === run) return void back.set(message.MessageId!, handle);
    if (dryRun) {
      back.set(message.MessageId!, handle);
      sent += 1;
      say(`${sentAt(message)} ${message.MessageId} ${contentOf(message)}`);
      return;
    }
    try {
      const attributes = withMarker(message.MessageAttributes ?? {}, run);
      await sqs.send(
        new SendMessageCommand({ QueueUrl: to, MessageBody: message.Body, MessageAttributes: attributes }),
      );
    } catch (error) {
      back.set(message.MessageId!, handle);
      return void failures.push(`${message.MessageId} is not sent: ${String(error)}`);
    }
    sent += 1;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: handle })).catch((error: unknown) => {
      failures.push(`${message.MessageId} is sent and not deleted: ${String(error)}`);
    });
  };

  while (sent < most && empty < emptyAnswers && failures.length === 0 && !stop.aborted) {
    const messages = await receive(sqs, from, Math.min(perReceive, most - sent));
    empty = messages.length === 0 ? empty + 1 : 0;
    const before = sent;
    await Promise.all(messages.map(one));
    if (!dryRun && Math.floor(sent / 100) > Math.floor(before / 100)) say(`${sent} of about ${waiting} sent back`);
  }
  await Promise.all([...back.values()].map((handle) => show(sqs, from, handle)));

  for (const failure of failures) say(failure);
  if (dryRun) {
    say(`${Math.min(waiting, limit)} messages would be sent to ${to}; nothing was changed.`);
    return 'done';
  }
  say(`${sent} messages sent to ${to}.`);
  if (back.size > 0)
    say(`${back.size} messages were left in the dead-letter queue: not sent, or dead again within this run.`);
  return failures.length > 0 || back.size > 0 || stop.aborted ? 'left' : 'done';
}

async function count(sqs: SQSClient, queue: string): Promise<number> {
  const name = 'ApproximateNumberOfMessages';
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [name] }));
  return Number(Attributes?.[name] ?? 0);
}

async function receive(sqs: SQSClient, queue: string, most: number): Promise<Message[]> {
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: hiddenSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['SentTimestamp'],
    }),
  );
  return Messages ?? [];
}

/** One that is not shown now is shown when its time is over. */
const show = (sqs: SQSClient, queue: string, handle: string): Promise<unknown> =>
  sqs
    .send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle: handle, VisibilityTimeout: 0 }))
    .catch(() => undefined);

function withMarker(
  { [marker]: _earlier, ...attributes }: Record<string, MessageAttributeValue>,
  run: string,
): Record<string, MessageAttributeValue> {
  if (Object.keys(attributes).length >= mostAttributes) return attributes;
  return { ...attributes, [marker]: { DataType: 'String', StringValue: run } };
}

/** The objects that a message of the indexers names; of any other message its beginning. */
function contentOf({ Body: body = '' }: Message): string {
  try {
    const names = readMessage(body).objects.map(nameOf).join(' ');
    return names === '' ? 'names no object' : names.slice(0, shownCharacters);
  } catch (error) {
    if (!(error instanceof MessageNotUnderstood)) throw error;
    return body.slice(0, shownCharacters);
  }
}

const sentAt = ({ Attributes }: Message): string => {
  const at = Number(Attributes?.SentTimestamp);
  return Number.isFinite(at) ? new Date(at).toISOString() : '';
};

/** The queue whose dead letters these are. */
export async function sourceOf(sqs: SQSClient, deadLetters: string): Promise<string> {
  const sources: string[] = [];
  let token: string | undefined;
  do {
    const page = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: deadLetters, NextToken: token }));
    sources.push(...(page.queueUrls ?? []));
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  if (sources.length === 1) return sources[0]!;
  throw new CommandMisused(
    sources.length === 0
      ? `${deadLetters} is the dead-letter queue of no other: say where to send by --to`
      : `${deadLetters} takes dead letters of several queues; say which by --to:\n${sources.join('\n')}`,
  );
}

export const redriveCommand: Command<typeof schema> = {
  name: 'redrive-dead-letters',
  about:
    'Sends the messages of a dead-letter queue back to the queue that they came from, and deletes them there. To be run when the\n' +
    'cause is repaired; a message that dies again within the run is left. Messages that are done twice add nothing.',
  schema,
  options: {
    from: { value: 'URL', help: 'the dead-letter queue' },
    to: { value: 'URL', help: 'where to send; default: the only queue whose dead letters these are' },
    limit: { value: 'N', help: 'messages at most; default: all' },
    'dry-run': { help: 'shows the number, and up to ten messages, and changes nothing' },
  },
  async run({ from, to, limit = Infinity, 'dry-run': dryRun }, terminal) {
    if (from === to) throw new CommandMisused('--from and --to are the same queue');
    const sqs = new SQSClient();
    return redrive(sqs, { from, to: to ?? (await sourceOf(sqs, from)), limit, dryRun }, terminal);
  },
};

if (import.meta.main) await main(redriveCommand);
