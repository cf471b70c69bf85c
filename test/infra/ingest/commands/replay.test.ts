import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SubscriptionEvent } from '../../../../functions/ingest/subscription-message.ts';
import { invocation, replay, type Invoke } from '../../../../infra/ingest/commands/replay.ts';
import { type MemoryObjectStore, memoryObjectStore } from '../../../support/memory-object-store.ts';
import { keptTerminal, type KeptTerminal } from './terminal.ts';

const prefix = 'aws/lambda/async/permafrost-index-cloudwatch-logs/';
const keyOf = (number: number): string => `${prefix}2026/01/02/2026-01-02T03.0${number}.00-${number}`;
/** As Lambda writes it. */
const failed = (data: string): object => ({
  version: '1.0',
  timestamp: '2026-01-02T03:04:05.678Z',
  requestContext: {
    requestId: 'e4b46cbf-b738-xmpl-8880-a18cdf61200e',
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:permafrost-index-cloudwatch-logs:$LATEST',
    condition: 'RetriesExhausted',
    approximateInvokeCount: 3,
  },
  requestPayload: { awslogs: { data } },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: { errorType: 'ClusterUnreachable', errorMessage: 'no answer', trace: [] },
});

let events: MemoryObjectStore;
let terminal: KeptTerminal;
let invoked: string[];
let answers: (data: string) => string | undefined;
beforeEach(() => {
  events = memoryObjectStore({ bucket: 'failed' });
  terminal = keptTerminal();
  invoked = [];
  answers = () => undefined;
});
const invoke: Invoke = ({ awslogs: { data } }: SubscriptionEvent) => {
  invoked.push(data);
  return Promise.resolve(answers(data));
};
const put = (number: number, content: object | string = failed(`evt${number}`)): Promise<unknown> =>
  events.put(keyOf(number), Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)));
const run = (options: { parallel?: number; dryRun?: boolean } = {}): Promise<string> =>
  replay(events, invoke, { prefix, parallel: 1, dryRun: false, ...options }, terminal);
const kept = async (): Promise<string[]> => (await Array.fromAsync(events.list(''))).map(({ key }) => key);

describe('a failed event', () => {
  test('is given to the function again as it was, and deleted', async () => {
    for (const number of [1, 2, 3]) await put(number);
    expect(await run()).toBe('done');
    expect(invoked).toEqual(['evt1', 'evt2', 'evt3']);
    expect(await kept()).toEqual([]);
    expect(terminal.lines.at(-1)).toBe('3 events replayed and deleted, 0 kept.');
  });

  test('is kept when it fails again, and the others go on', async () => {
    for (const number of [1, 2, 3]) await put(number);
    answers = (data) => (data === 'evt2' ? 'ClusterBusy: too much' : undefined);
    expect(await run()).toBe('left');
    expect(await kept()).toEqual([keyOf(2)]);
    expect(terminal.lines).toContain(`Kept ${keyOf(2)}: ClusterBusy: too much`);
  });

  test('is kept when the function cannot be invoked at all', async () => {
    await put(1);
    answers = () => {
      throw new RangeError('no right to invoke');
    };
    await expect(run()).rejects.toThrow('no right to invoke');
    expect(await kept()).toEqual([keyOf(1)]);
  });

  test('of another kind is kept, never taken for done', async () => {
    await put(1, { ...failed('xxxx'), requestPayload: { Records: [] } });
    await put(2, 'no JSON');
    await put(3);
    expect(await run()).toBe('left');
    expect(await kept()).toEqual([keyOf(1), keyOf(2)]);
    expect(invoked).toEqual(['evt3']);
  });

  test('of another function, and a reject, are left alone', async () => {
    await events.put('rejects/cloudwatch-logs/2026-01-02/abc.json.gz', Buffer.from('x'));
    await events.put(
      'aws/lambda/async/permafrost-index-cloudwatch-logs-2/x',
      Buffer.from(JSON.stringify(failed('xxxx'))),
    );
    expect(await run()).toBe('done');
    expect(invoked).toEqual([]);
    expect(await kept()).toHaveLength(2);
  });

  test('that never got to the function has no answer of it, and is replayed', async () => {
    const { responsePayload: _, ...record } = failed('late') as Record<string, unknown>;
    await put(1, { ...record, requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 } });
    expect(await run()).toBe('done');
    expect(invoked).toEqual(['late']);
  });
});

test('an empty bucket is done, and may be the wrong one: the place that was looked at is told', async () => {
  expect(await run()).toBe('done');
  expect(terminal.lines[0]).toContain(`There is nothing below ${prefix}.`);
  expect(terminal.lines[0]).toContain('output FailedEventsBucket');
  terminal.lines.length = 0;
  await put(1);
  await run();
  expect(terminal.lines).toEqual(['1 events replayed and deleted, 0 kept.']);
});

test('several are replayed at the same time', async () => {
  for (const number of [1, 2, 3, 4, 5]) await put(number);
  let [running, most] = [0, 0];
  const slow: Invoke = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return undefined;
  };
  expect(await replay(events, slow, { prefix, parallel: 3, dryRun: false }, terminal)).toBe('done');
  expect(most).toBe(3);
  expect(await kept()).toEqual([]);
});

test('ends where one after the other fails: the cause is not repaired', async () => {
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) await put(number);
  answers = () => 'NotAllowed: no';
  expect(await run()).toBe('left');
  expect(invoked).toHaveLength(5);
  expect(await kept()).toHaveLength(8);
});

test('gets past any number of events that are themselves at fault, to those behind them', async () => {
  for (const number of [1, 2, 3]) await put(number, 'no JSON');
  for (const number of [4, 5, 6, 7, 8, 9]) await put(number);
  const isDamaged = (data: string): boolean => data !== 'evt9';
  answers = (data) => (isDamaged(data) ? 'MessageNotUnderstood: The data is damaged' : undefined);
  expect(await run()).toBe('left');
  expect(invoked.at(-1)).toBe('evt9');
  expect(await kept()).toHaveLength(8);
});

test('goes on where only some fail', async () => {
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9]) await put(number);
  answers = (data) => (data === 'evt5' ? undefined : 'ClusterBusy: too much');
  expect(await run()).toBe('left');
  expect(invoked).toHaveLength(9);
});

test('ends when it is asked to, after what it has begun', async () => {
  for (const number of [1, 2, 3]) await put(number);
  answers = () => {
    terminal.stopNow();
    return undefined;
  };
  expect(await run()).toBe('left');
  expect(await kept()).toEqual([keyOf(2), keyOf(3)]);
});

test('a dry run says why each failed, and changes nothing', async () => {
  for (const number of [1, 2]) await put(number);
  expect(await run({ dryRun: true })).toBe('done');
  expect(terminal.lines).toEqual([
    '2026-01-02T03:04:05.678Z ClusterUnreachable: no answer',
    '2026-01-02T03:04:05.678Z ClusterUnreachable: no answer',
    '2 events would be replayed.',
  ]);
  expect(invoked).toEqual([]);
  expect(await kept()).toHaveLength(2);
});

describe('an invocation', () => {
  const mock = mockClient(LambdaClient);
  beforeEach(() => void mock.reset());
  const client = new LambdaClient({ region: 'eu-west-1' });
  const event = { awslogs: { data: 'abc=' } };

  test('waits for the answer of the function', async () => {
    mock.on(InvokeCommand).resolves({ StatusCode: 200 });
    expect(await invocation(client, 'indexer')(event)).toBeUndefined();
    expect(mock.commandCalls(InvokeCommand)[0]!.args[0].input).toEqual({
      FunctionName: 'indexer',
      InvocationType: 'RequestResponse',
      Payload: '{"awslogs":{"data":"abc="}}',
    });
  });

  test.each([
    ['{"errorType":"ClusterBusy","errorMessage":"too much","trace":[]}', 'ClusterBusy: too much'],
    ['', 'Unhandled'],
  ])('that failed is told by its error (%j)', async (payload, said) => {
    const Payload = Buffer.from(payload) as never;
    mock.on(InvokeCommand).resolves({ StatusCode: 200, FunctionError: 'Unhandled', Payload });
    expect(await invocation(client, 'indexer')(event)).toBe(said);
  });
});
