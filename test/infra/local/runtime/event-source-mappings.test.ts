/** When pollers poll, what they say, and how they end; what queues do is tested on real ones (test/stack/event-source-mappings.test.ts). */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventSourceMappings, type MappingsOptions } from '../../../../infra/local/runtime/event-source-mappings.ts';

const sqs = mockClient(SQSClient);
const settings = {
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:indexer',
  queueArn: 'arn:aws:sqs:us-east-1:000000000000:logs',
  batchSize: 10,
  maximumConcurrency: 2,
  reportsFailures: true,
  enabled: true,
};
const QueueUrl = 'http://127.0.0.1:9/000000000000/logs';
/** Messages that the queue gives out, each once. */
let waiting: string[];
let reports: string[];
let mappings: EventSourceMappings;

beforeEach(() => {
  [waiting, reports] = [[], []];
  sqs.reset();
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl });
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { VisibilityTimeout: '360' } });
  sqs.on(ReceiveMessageCommand).callsFake(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5)); // a poll takes its time, too
    return { Messages: waiting.splice(0).map((id) => ({ MessageId: id, ReceiptHandle: id, Body: id, MD5OfBody: id })) };
  });
  sqs.on(DeleteMessageCommand).resolves({});
  sqs.on(ChangeMessageVisibilityCommand).resolves({});
});
afterEach(() => mappings.close());

function made(invoke: MappingsOptions['invoke'], options: Partial<MappingsOptions> = {}): EventSourceMappings {
  const client = (): SQSClient => new SQSClient({ region: 'us-east-1' });
  const report = (line: string): void => void reports.push(line);
  mappings = new EventSourceMappings({ invoke, clientFor: client, own: client(), timeScale: 0.01, report, ...options });
  mappings.add(settings);
  return mappings;
}
const deleted = (): unknown[] => sqs.commandCalls(DeleteMessageCommand).map(({ args }) => args[0].input.ReceiptHandle);
const putBack = (): unknown[] => sqs.commandCalls(ChangeMessageVisibilityCommand).map(({ args }) => args[0].input);

test('nothing is polled before the start; what is added later is polled at once', async () => {
  const seen: string[] = [];
  made((_functionArn, { Records }) => Promise.resolve(void seen.push(...Records.map(({ body }) => body))));
  waiting.push('early');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(sqs.commandCalls(ReceiveMessageCommand)).toHaveLength(0);
  mappings.start();
  await vi.waitFor(() => expect(seen).toEqual(['early']));
  mappings.add({ ...settings, queueArn: `${settings.queueArn}-2` });
  await vi.waitFor(() =>
    expect(sqs.commandCalls(GetQueueUrlCommand).map(({ args }) => args[0].input.QueueName)).toEqual(['logs', 'logs-2']),
  );
});

test('a message that cannot be deleted keeps no other from it, and is told', async () => {
  sqs.on(DeleteMessageCommand, { ReceiptHandle: 'b' }).rejects(new Error('no answer'));
  made(() => Promise.resolve(null));
  waiting.push('a', 'b', 'c');
  mappings.start();
  await vi.waitFor(() =>
    expect(reports).toEqual([expect.stringContaining('message b was not deleted: Error: no answer')]),
  );
  expect(deleted()).toEqual(['a', 'b', 'c']);
});

test('a queue that cannot be polled is told, and polled again', async () => {
  sqs.on(GetQueueUrlCommand).rejectsOnce(new Error('no such queue')).resolves({ QueueUrl });
  made(() => Promise.resolve(null));
  waiting.push('a');
  mappings.start();
  await vi.waitFor(() => expect(deleted()).toEqual(['a']), 5000);
  expect(reports).toEqual([expect.stringMatching(/^indexer of arn:.*:logs: cannot be polled: Error: no such queue$/)]);
});

test('a stop does not wait for ever; a function that is ended then has its messages put back', async () => {
  const ended = Promise.withResolvers<null>();
  made(() => ended.promise, { stopWithinMs: 20 });
  waiting.push('a');
  mappings.start();
  await vi.waitFor(() => expect(waiting).toEqual([]));
  await mappings.stop();
  const polls = sqs.commandCalls(ReceiveMessageCommand).length;
  expect([deleted(), putBack()]).toEqual([[], []]);

  ended.reject(new Error('the thread has ended'));
  await mappings.close();
  expect(putBack()).toEqual([expect.objectContaining({ ReceiptHandle: 'a', VisibilityTimeout: 4 })]);
  expect(reports).toEqual([expect.stringContaining('failed: Error: the thread has ended')]);
  expect(sqs.commandCalls(ReceiveMessageCommand)).toHaveLength(polls);
});
