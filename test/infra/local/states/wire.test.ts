import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatesService } from '../../../../infra/local/states/service.ts';
import { serveStates } from '../../../../infra/local/states/wire.ts';
import { bindings, failure, fn, MACHINE, ROLE, service } from './states.ts';

const DEFINITION = {
  StartAt: 'Which?',
  States: {
    'Which?': { Type: 'Choice', Choices: [{ Variable: '$.items', IsPresent: true, Next: 'Each' }], Default: 'T' },
    T: { Type: 'Task', Resource: fn('T'), End: true },
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED' },
        StartAt: 'In',
        States: { In: { Type: 'Pass', End: true } },
      },
      End: true,
    },
  },
};

let states: StatesService;
let server: Server;
let client: SFNClient;
let broken = false;
const release: (() => void)[] = [];

beforeAll(async () => {
  const T = async ({ hang, name }: { hang?: boolean; name?: string }): Promise<string> => {
    if (hang) await new Promise<void>((resolve) => release.push(resolve));
    if (broken) throw failure('Broken', 'by the test');
    return name ?? 'done';
  };
  states = service(DEFINITION, bindings({ T }));
  const handle = serveStates(states);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on(
      'end',
      () =>
        void handle(request, response, Buffer.concat(chunks)).then(
          (served) => served || response.writeHead(404).end('elsewhere'),
        ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new SFNClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } });
});

afterAll(async () => {
  for (const go of release) go();
  client.destroy();
  await states.close();
  await new Promise((resolve) => server.close(resolve));
});

async function start(name: string, input: object = {}): Promise<string> {
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: MACHINE, name, input: JSON.stringify(input) }),
  );
  return executionArn ?? '';
}

describe('client-sfn', () => {
  test('starts, describes and reads the history of an execution', async () => {
    const executionArn = await start('one', { name: 'x' });
    await states.waitForExecution(executionArn);
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(execution).toMatchObject({
      executionArn,
      stateMachineArn: MACHINE,
      name: 'one',
      status: 'SUCCEEDED',
      input: '{"name":"x"}',
      output: '"x"',
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    });
    expect(Math.abs((execution.startDate?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(execution.stopDate).toBeInstanceOf(Date);

    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 1, 'ChoiceStateEntered'],
      [3, 2, 'ChoiceStateExited'],
      [4, 3, 'TaskStateEntered'],
      [5, 4, 'LambdaFunctionScheduled'],
      [6, 5, 'LambdaFunctionStarted'],
      [7, 6, 'LambdaFunctionSucceeded'],
      [8, 7, 'TaskStateExited'],
      [9, 8, 'ExecutionSucceeded'],
    ]);
    expect(events[0]?.executionStartedEventDetails).toEqual({ input: '{"name":"x"}', roleArn: ROLE });
    expect(events[3]?.stateEnteredEventDetails).toEqual({ name: 'T', input: '{"name":"x"}' });
    expect(events[7]?.stateExitedEventDetails).toEqual({ name: 'T', output: '"x"' });
    expect(events[0]?.timestamp).toBeInstanceOf(Date);
  });

  test('pages through a history, backwards and without data when asked', async () => {
    const executionArn = await start('paged');
    await states.waitForExecution(executionArn);
    const all: HistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory(
      { client, pageSize: 4 },
      { executionArn, reverseOrder: true, includeExecutionData: false },
    )) {
      expect(page.events?.length).toBeLessThanOrEqual(4);
      all.push(...(page.events ?? []));
    }
    expect(all.map(({ id }) => id)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(all[5]?.stateEnteredEventDetails).toEqual({ name: 'T' });
    await expect(client.send(new GetExecutionHistoryCommand({ executionArn, nextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidToken',
    });
  });

  test('redrives a failed execution, and cannot redrive a successful one', async () => {
    broken = true;
    const executionArn = await start('broken');
    await states.waitForExecution(executionArn);
    broken = false;
    const failed = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken', redriveStatus: 'REDRIVABLE' });
    const { redriveDate } = await client.send(new RedriveExecutionCommand({ executionArn }));
    expect(redriveDate).toBeInstanceOf(Date);
    await states.waitForExecution(executionArn);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      redriveDate,
      startDate: failed.startDate,
    });
    await expect(client.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
    });
    const { executions = [] } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: MACHINE, redriveFilter: 'REDRIVEN' }),
    );
    expect(executions.map(({ name }) => name)).toEqual(['broken']);
  });

  test('starts the same running execution once, and no name twice', async () => {
    const executionArn = await start('same', { hang: true });
    expect(await start('same', { hang: true })).toBe(executionArn);
    await expect(start('same', { hang: true, other: 1 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const { stopDate } = await client.send(
      new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'enough' }),
    );
    expect(stopDate).toBeInstanceOf(Date);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'enough',
    });
    await expect(start('same', { hang: true })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const { executions = [] } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: MACHINE, statusFilter: 'ABORTED' }),
    );
    expect(executions).toMatchObject([{ executionArn, status: 'ABORTED' }]);
  });

  test('lists executions page by page, newest first', async () => {
    for (const name of ['l1', 'l2', 'l3']) await states.waitForExecution(await start(name));
    const names: (string | undefined)[] = [];
    for await (const page of paginateListExecutions({ client, pageSize: 2 }, { stateMachineArn: MACHINE }))
      names.push(...(page.executions ?? []).map(({ name }) => name));
    expect(names.slice(0, 3)).toEqual(['l3', 'l2', 'l1']);
  });

  test('describes state machines and Map Runs', async () => {
    expect((await client.send(new ListStateMachinesCommand({}))).stateMachines).toMatchObject([
      { stateMachineArn: MACHINE, name: 'archive', type: 'STANDARD' },
    ]);
    const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn: MACHINE }));
    expect(machine).toMatchObject({ status: 'ACTIVE', roleArn: ROLE, type: 'STANDARD' });
    expect(JSON.parse(machine.definition ?? '')).toEqual(DEFINITION);
    const executionArn = await start('mapped', { items: [1, 2] });
    await states.waitForExecution(executionArn);
    const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
    const mapRun = await client.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0]?.mapRunArn }));
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      executionArn,
      redriveCount: 0,
      itemCounts: { total: 2, succeeded: 2, failed: 0 },
    });
    const { executions = [] } = await client.send(new ListExecutionsCommand({ mapRunArn: mapRun.mapRunArn }));
    expect(executions).toMatchObject([{ mapRunArn: mapRun.mapRunArn, itemCount: 1 }, { itemCount: 1 }]);
  });

  test.each([
    [
      'ExecutionDoesNotExist',
      new DescribeExecutionCommand({ executionArn: `${MACHINE.replace('stateMachine', 'execution')}:none` }),
    ],
    ['StateMachineDoesNotExist', new StartExecutionCommand({ stateMachineArn: `${MACHINE}2` })],
    ['InvalidExecutionInput', new StartExecutionCommand({ stateMachineArn: MACHINE, input: '{' })],
    ['InvalidArn', new StartExecutionCommand({ stateMachineArn: 'archive' })],
    ['InvalidName', new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'a b' })],
    ['ValidationException', new ListExecutionsCommand({ stateMachineArn: MACHINE, maxResults: 1001 })],
  ])('is refused with %s', async (name, command) => {
    await expect(client.send(command as DescribeExecutionCommand)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 },
    });
  });
});

test('what is not Step Functions is left to others, and an operation not served is named', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' } })).status).toBe(404);
  const answer = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'AWSStepFunctions.CreateActivity' } });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { __type: 'UnknownOperationException', message: expect.stringContaining('CreateActivity') as string },
  ]);
});
