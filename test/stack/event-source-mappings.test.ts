/** Pollers of queues as Lambda has them, on the stack's own SQS: with visibility, partial failures and dead letters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { EventSourceMappings } from '../../infra/local/runtime/event-source-mappings.ts';
import type { MappingSettings } from '../../infra/local/runtime/mapping.ts';
import { messagesIn } from '../support/queue-depth.ts';
import { makeQueue, type Queue, sqs } from './queues.ts';
import { endpoints, operator } from './stack.ts';

const functionArn = `arn:aws:lambda:${operator.region}:000000000000:function:polled`;
const client = (): SQSClient => new SQSClient({ ...operator, endpoint: endpoints.aws });
const waiting = { timeout: 30_000, interval: 50 };

let mappings: EventSourceMappings | undefined;
afterEach(async () => {
  await mappings?.close();
});

const send = async ({ url }: Queue, ...bodies: string[]): Promise<void> => {
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
};
const depth = ({ url }: Queue): Promise<number> => messagesIn(sqs, url);

/** @param invoke is given the bodies of a batch; answers with those that failed */
function poll(
  queue: Queue,
  invoke: (bodies: string[], event: SQSEvent) => Promise<string[]>,
  settings: Partial<MappingSettings> = {},
): { uuid: string } {
  mappings = new EventSourceMappings({
    invoke: async (_functionArn, event) => {
      const failed = await invoke(
        event.Records.map(({ body }) => body),
        event,
      );
      const ids = event.Records.filter(({ body }) => failed.includes(body)).map(({ messageId }) => messageId);
      return {
        batchItemFailures: [...ids, ...(failed.includes('unknown') ? ['none of them'] : [])].map((itemIdentifier) => ({
          itemIdentifier,
        })),
      };
    },
    clientFor: client,
    own: client(),
    timeScale: 0.01,
    report: () => undefined,
  });
  mappings.start();
  const uuid = mappings.add({
    functionArn,
    queueArn: queue.arn,
    batchSize: 10,
    maximumConcurrency: 2,
    reportsFailures: true,
    enabled: true,
    ...settings,
  });
  return { uuid };
}

test('messages come in the shape of Lambda, and go when the function did them', async () => {
  const queue = await makeQueue('polled');
  const seen: SQSEvent[] = [];
  poll(queue, (_bodies, event) => Promise.resolve((seen.push(event), [])));
  await send(queue, 'one');
  await vi.waitFor(async () => expect(await depth(queue)).toBe(0), waiting);
  expect(seen).toHaveLength(1);
  expect(seen[0]!.Records[0]).toMatchObject({
    body: 'one',
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: operator.region,
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) as string },
  });
});

test('only what failed comes again, when its visibility timeout has passed on the fast clock', async () => {
  const queue = await makeQueue('polled', { VisibilityTimeout: '100' });
  const seen: string[][] = [];
  poll(queue, (bodies) => {
    seen.push(bodies);
    return Promise.resolve(seen.flat().filter((body) => body === 'bad').length < 3 ? ['bad'] : []);
  });
  await send(queue, 'good', 'bad');
  await vi.waitFor(async () => expect(await depth(queue)).toBe(0), waiting);
  expect(seen.flat().filter((body) => body === 'good')).toHaveLength(1);
  expect(seen.flat().filter((body) => body === 'bad')).toHaveLength(3);
});

test.each([
  ['fails', () => Promise.reject(new Error('no such index'))],
  ['answers with what is none of them', () => Promise.resolve(['unknown'])],
] as const)(
  'a function that %s has all of its messages again, and in the end they are dead letters',
  async (_, invoke) => {
    const dead = await makeQueue('polled');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    const queue = await makeQueue('polled', { VisibilityTimeout: '50', RedrivePolicy });
    let messages = 0;
    poll(queue, (bodies) => ((messages += bodies.length), invoke()));
    await send(queue, 'one', 'two');
    await vi.waitFor(async () => expect(await depth(dead)).toBe(2), waiting);
    expect(await depth(queue)).toBe(0);
    expect(messages).toBe(4);
  },
);

test('no more invocations run at a time than the mapping allows', async () => {
  const queue = await makeQueue('polled');
  await send(queue, ...Array.from({ length: 6 }, (_, number) => `${number}`));
  let [running, most, done] = [0, 0, 0];
  const work = async (bodies: string[]): Promise<string[]> => {
    most = Math.max(most, ++running);
    await sleep(100);
    running -= 1;
    done += bodies.length;
    return [];
  };
  poll(queue, work, { batchSize: 1 });
  await vi.waitFor(() => expect(done).toBe(6), waiting);
  expect(most).toBe(2);
});

test('a mapping that is disabled takes nothing, and goes on when it is enabled', async () => {
  const queue = await makeQueue('polled');
  const seen: string[] = [];
  const { uuid } = poll(queue, (bodies) => Promise.resolve((seen.push(...bodies), [])), { enabled: false });
  await send(queue, 'one');
  await sleep(500);
  expect(seen).toEqual([]);
  expect(mappings!.list({ functionName: 'polled', queueArn: queue.arn })).toMatchObject([{ uuid, enabled: false }]);
  expect(mappings!.setEnabled(uuid, true)).toMatchObject({ uuid, enabled: true });
  await vi.waitFor(() => expect(seen).toEqual(['one']), waiting);
  expect(mappings!.list({ functionName: 'another' })).toEqual([]);
  expect(() => mappings!.get('none')).toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
});
