import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerMappings, type MappingsAnswer } from '../../../../infra/local/gateway/mappings-protocol.ts';
import { readBody } from '../../../../infra/local/gateway/forward.ts';
import { answerJson, type LocalServer, serve } from '../../../../infra/local/gateway/server.ts';
import { EventSourceMappings } from '../../../../infra/local/runtime/event-source-mappings.ts';

const here = 'us-east-1:000000000000';
const [functionArn, queueArn] = [`arn:aws:lambda:${here}:function:indexer`, `arn:aws:sqs:${here}:logs`];
let mappings: EventSourceMappings;
let uuid: string;
let server: LocalServer;
let client: LambdaClient;
const answers: MappingsAnswer[] = [];

beforeEach(async () => {
  const nowhere = (): SQSClient =>
    new SQSClient({
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
  const invoke = (): Promise<never> => Promise.reject(new Error('nothing to invoke'));
  mappings = new EventSourceMappings({ invoke, clientFor: nowhere, own: nowhere(), timeScale: 1 });
  const settings = { functionArn, queueArn, batchSize: 10, maximumConcurrency: 4, reportsFailures: true };
  uuid = mappings.add({ ...settings, enabled: true });
  mappings.add({ ...settings, functionArn: `${functionArn}-2`, enabled: false });
  server = await serve(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const body = (await readBody(incoming)).toString();
    const answer = answerMappings(mappings, incoming.method ?? '', url, body);
    answers.push(answer);
    if (answer.error !== undefined) response.setHeader('x-amzn-errortype', answer.error);
    answerJson(response, answer.status, answer.content);
  });
  client = new LambdaClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
});
afterEach(async () => {
  client.destroy();
  await server.stop();
  await mappings.close();
});

test('the SDK lists the mappings of a function and a queue, and enables and disables one', async () => {
  const command = new ListEventSourceMappingsCommand({ FunctionName: functionArn, EventSourceArn: queueArn });
  const { EventSourceMappings: found } = await client.send(command);
  expect(found).toMatchObject([
    {
      UUID: uuid,
      FunctionArn: functionArn,
      EventSourceArn: queueArn,
      State: 'Enabled',
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 4 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
  ]);
  expect(answers.at(-1)).toMatchObject({ action: 'lambda:ListEventSourceMappings', resource: '*' });

  const disabled = await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false }));
  expect(disabled.State).toBe('Disabled');
  expect(mappings.get(uuid).enabled).toBe(false);
  expect(answers.at(-1)).toMatchObject({
    action: 'lambda:UpdateEventSourceMapping',
    resource: `arn:aws:lambda:${here}:event-source-mapping:${uuid}`,
    conditions: { functionArn },
  });
});

test.each([
  ['a mapping that is not there', { UUID: 'none', Enabled: true }, 'ResourceNotFoundException', 404],
  ['another setting', { BatchSize: 5, Enabled: true }, 'InvalidParameterValueException', 400],
] as const)('%s is refused by its name', async (_, input, name, httpStatusCode) => {
  const update = client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, ...input }));
  await expect(update).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  expect(mappings.get(uuid).enabled).toBe(true);
});

test('an operation that is not simulated is refused', () => {
  const url = new URL('http://localhost/2015-03-31/functions/');
  expect(answerMappings(mappings, 'GET', url, '')).toMatchObject({ status: 400, error: 'UnknownOperationException' });
});
