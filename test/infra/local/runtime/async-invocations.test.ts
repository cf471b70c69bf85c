import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failedEventsPrefix } from '../../../../infra/ingest/cloudwatch/failed-events-prefix.ts';
import { failedInvocationKey } from '../../../../infra/local/deploy/event-invoke-config.ts';
import { AsyncInvocations, type FailedInvocation } from '../../../../infra/local/runtime/async-invocations.ts';
import { FunctionFailed } from '../../../../infra/local/runtime/errors.ts';

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:indexer';
const event = { awslogs: { data: 'abc=' } };
let invoked: { arn: string; event: unknown; atSeconds: number }[];
let failures: number;
let kept: FailedInvocation[];
let reported: string[];
const keep = (record: FailedInvocation): Promise<void> => Promise.resolve(void kept.push(record));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-02T03:04:05.678Z'), toFake: ['Date'] });
  [invoked, kept, reported, failures] = [[], [], [], 0];
});
afterEach(() => vi.useRealTimers());

const begin = performance.now();
function make(timeScale = 0): AsyncInvocations {
  return new AsyncInvocations({
    invoke: (functionArn, payload) => {
      invoked.push({ arn: functionArn, event: payload, atSeconds: (performance.now() - begin) / 1000 });
      if (failures-- > 0) throw new FunctionFailed('ClusterUnreachable', 'no answer', ['at one', 'at two']);
      return Promise.resolve({ indexed: 1 });
    },
    timeScale,
    report: (line) => void reported.push(line),
    closeWithinMs: 50,
  });
}

test('a function that succeeds is invoked once', async () => {
  const invocations = make();
  invocations.configure({ functionName: 'indexer', qualifier: '$LATEST', retries: 2, keep });
  invocations.invoke(arn, event);
  await invocations.settled();
  expect(invoked).toMatchObject([{ arn, event }]);
  expect({ kept, reported }).toEqual({ kept: [], reported: [] });
});

test('one that fails is tried twice more, after one and after two minutes of the stack’s time', async () => {
  failures = 2;
  const invocations = make(0.001);
  invocations.invoke(arn, event);
  await invocations.settled();
  const [first, second, third] = invoked.map(({ atSeconds }) => atSeconds) as [number, number, number];
  expect(invoked).toHaveLength(3);
  expect(second - first).toBeGreaterThanOrEqual(0.059);
  expect(third - second).toBeGreaterThanOrEqual(0.119);
  expect(reported).toEqual([
    `${arn} failed, try 1 of 3: ClusterUnreachable: no answer`,
    `${arn} failed, try 2 of 3: ClusterUnreachable: no answer`,
  ]);
});

describe('an event that failed in all tries', () => {
  test('is kept whole, with why, as Lambda has it', async () => {
    failures = 3;
    const invocations = make();
    invocations.configure({ functionName: 'indexer', qualifier: '$LATEST', retries: 2, keep });
    invocations.invoke(arn, event);
    await invocations.settled();
    expect(kept).toEqual([
      {
        version: '1.0',
        timestamp: '2026-01-02T03:04:05.678Z',
        requestContext: {
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          functionArn: `${arn}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'ClusterUnreachable', errorMessage: 'no answer', trace: ['at one', 'at two'] },
      },
    ]);
  });

  test('is tried as often as the function’s settings say', async () => {
    failures = 9;
    const invocations = make();
    invocations.configure({ functionName: 'indexer', qualifier: '$LATEST', retries: 0, keep });
    invocations.invoke(arn, event);
    invocations.invoke(`${arn}:1`, event); // of a version, which has settings of its own, or none
    await invocations.settled();
    expect(invoked.map((one) => one.arn).sort()).toEqual([arn, `${arn}:1`, `${arn}:1`, `${arn}:1`]);
    expect(kept.map(({ requestContext }) => requestContext.approximateInvokeCount)).toEqual([1]);
  });

  test('that cannot be kept is told', async () => {
    failures = 1;
    const invocations = make();
    const broken = (): Promise<void> => Promise.reject(new RangeError('no such bucket'));
    invocations.configure({ functionName: 'indexer', qualifier: '$LATEST', retries: 0, keep: broken });
    invocations.invoke(arn, event);
    await invocations.settled();
    expect(reported.at(-1)).toBe(`The event of ${arn} is lost, it could not be stored: RangeError: no such bucket`);
  });
});

describe('a stack that stops', () => {
  test('does not wait for further tries, and takes no event any more', async () => {
    failures = 3;
    const invocations = make(1);
    invocations.configure({ functionName: 'indexer', qualifier: '$LATEST', retries: 2, keep });
    invocations.invoke(arn, event);
    await vi.waitFor(() => expect(reported).toHaveLength(1));
    await invocations.close();
    await invocations.settled();
    invocations.invoke(arn, event);
    expect(invoked).toHaveLength(1);
    expect(kept).toEqual([]);
    expect(reported.slice(1)).toEqual([
      `${arn} is not tried again: the stack stops`,
      `${arn} gets no event any more: the stack stops`,
    ]);
  });

  test('waits for a function that runs, but not for ever', async () => {
    const ends: (() => void)[] = [];
    const invocations = new AsyncInvocations({
      invoke: () => new Promise<void>((resolve) => void ends.push(resolve)),
      timeScale: 0,
      closeWithinMs: 20,
    });
    invocations.invoke(arn, event);
    await invocations.close();
    ends[0]!();
    await invocations.settled();

    const patient = new AsyncInvocations({
      invoke: () => new Promise<void>((resolve) => setTimeout(resolve, 30)).then(() => void ends.push(() => undefined)),
      timeScale: 0,
    });
    patient.invoke(arn, event);
    await patient.close();
    expect(ends).toHaveLength(2);
  });
});

test('the key of a record is Lambda’s, where `replay` looks for it', () => {
  const key = failedInvocationKey('indexer', new Date('2026-01-02T03:04:05.678Z'), 'b0d4');
  expect(key).toBe('aws/lambda/async/indexer/2026/01/02/2026-01-02T03.04.05-b0d4');
  expect(key.startsWith(failedEventsPrefix('indexer'))).toBe(true);
});
