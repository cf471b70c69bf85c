import { expect, test } from 'vitest';
import { answerInvoke, invokedFunction } from '../../../../infra/local/gateway/invoke-protocol.ts';
import { AsyncInvocations } from '../../../../infra/local/runtime/async-invocations.ts';
import { FunctionFailed, RuntimeServiceError } from '../../../../infra/local/runtime/errors.ts';

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:indexer';
const at = (path: string): string | undefined => invokedFunction(new URL(path, 'http://localhost'));

test.each([
  ['/2015-03-31/functions/indexer/invocations', arn],
  ['/2015-03-31/functions/indexer/invocations?Qualifier=1', `${arn}:1`],
  [`/2015-03-31/functions/${encodeURIComponent(arn)}/invocations`, arn],
  ['/2015-03-31/event-source-mappings/', undefined],
  ['/2015-03-31/functions/indexer', undefined],
])('%s', (path, expected) => {
  expect(at(path)).toBe(expected);
});

function served(answer: () => unknown) {
  const invoked: unknown[] = [];
  const invoke = (functionArn: string, event: unknown): Promise<unknown> => {
    invoked.push([functionArn, event]);
    return Promise.resolve().then(answer);
  };
  const invocations = new AsyncInvocations({ invoke, timeScale: 0, report: () => undefined });
  const has = (functionArn: string): boolean => functionArn === arn;
  return { functions: { has, invoke }, invocations, invoked };
}
const body = Buffer.from('{"a":1}');

test('the caller gets what the function answers', async () => {
  const options = served(() => ({ indexed: 2 }));
  const answer = await answerInvoke(options, arn, 'RequestResponse', body);
  expect(answer).toEqual({ status: 200, headers: {}, text: '{"indexed":2}' });
  expect(options.invoked).toEqual([[arn, { a: 1 }]]);
});

test('an error of the function is its answer, said in a header', async () => {
  const options = served(() => {
    throw new FunctionFailed('ClusterBusy', 'too much', ['at one']);
  });
  expect(await answerInvoke(options, arn, undefined, body)).toEqual({
    status: 200,
    headers: { 'x-amz-function-error': 'Unhandled' },
    text: '{"errorType":"ClusterBusy","errorMessage":"too much","trace":["at one"]}',
  });
});

test.each(['RequestResponse', 'Event', 'DryRun'])(
  'a function that is not there is an error of the service: %s',
  async (type) => {
    const options = served(() => null);
    expect(await answerInvoke(options, `${arn}-2`, type, body)).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    });
    expect(options.invoked).toEqual([]);
  },
);

test('what cannot run any more is an error of the service, not of the function', async () => {
  const options = served(() => {
    throw new RuntimeServiceError('Lambda.ServiceException', 'The local stack is stopping');
  });
  expect(await answerInvoke(options, arn, undefined, body)).toMatchObject({
    status: 500,
    headers: { 'x-amzn-errortype': 'ServiceException' },
  });
});

test('what is no JSON is refused, and a dry run runs nothing', async () => {
  const options = served(() => null);
  expect(await answerInvoke(options, arn, 'Event', Buffer.from('{'))).toMatchObject({
    status: 400,
    headers: { 'x-amzn-errortype': 'InvalidRequestContentException' },
  });
  expect(await answerInvoke(options, arn, 'DryRun', body)).toEqual({ status: 204, headers: {}, text: '' });
  expect(options.invoked).toEqual([]);
});

test('an event is taken on, and tried again when the function fails', async () => {
  let calls = 0;
  const options = served(() => {
    calls += 1;
    if (calls === 1) throw new FunctionFailed('ClusterBusy', 'too much', []);
  });
  expect(await answerInvoke(options, arn, 'Event', body)).toEqual({ status: 202, headers: {}, text: '' });
  await options.invocations.settled();
  expect(options.invoked).toEqual([
    [arn, { a: 1 }],
    [arn, { a: 1 }],
  ]);
});
