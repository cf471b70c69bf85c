/** The stack that global-setup.ts started, as its tests drive it: by standard clients, over HTTP. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  type DescribeExecutionCommandOutput,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { expect, inject } from 'vitest';
import type { RecordedCall } from '../../infra/local/gateway/calls.ts';
import type { Notification } from '../../infra/local/gateway/notifications.ts';
import { loadDay } from '../support/load-day.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';

export const endpoints = inject('endpoints');
export const openSearchUrl = endpoints.opensearch!;

/** The operator's access to the stack's services. */
export const operator = { region: endpoints.region, credentials: { ...endpoints.credentials } };
export const sfn = new SFNClient({ ...operator, endpoint: endpoints.states });
export const s3 = new S3Client({ ...operator, endpoint: endpoints.s3, forcePathStyle: true });
export const archive = s3ObjectStore(s3, endpoints.buckets.archive!);
export const staging = s3ObjectStore(s3, endpoints.buckets.staging!);

/** `logdata-DDMMYYYY` */
export const indexOf = (date: string): string => `logdata-${date.split('-').reverse().join('')}`;

/** Asks the node itself, past the address that the functions use. Statuses of failure are failures of the test. */
export async function ask<Answer>(
  method: string,
  path: string,
  body?: object | string,
  url = openSearchUrl,
): Promise<Answer> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true);
  return JSON.parse(text) as Answer;
}

export const documentCount = async (index: string): Promise<number> =>
  (await ask<{ count: number }>('GET', `/${index}/_count`)).count;

/** Loads a day of sample logs. Each test file has days of its own, since all share one cluster. */
export async function loadLogs(date: string, docs = 1500): Promise<{ index: string; documents: number }> {
  const index = indexOf(date);
  const { documents } = await loadDay(openSearchUrl, { date, docs, seed: 1, index });
  expect(documents).toBe(docs);
  return { index, documents };
}

export interface Ended {
  readonly executionArn: string;
  readonly name: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: Record<string, unknown>;
}

/** Starts a workflow, by default the archive. With a name that a former start of the same input had, it is that execution again. */
export async function start(
  input: object,
  name: string = randomUUID(),
  stateMachineArn = endpoints.stateMachines.archive!,
): Promise<string> {
  try {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return (await sfn.send(command)).executionArn!;
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  }
}

export async function ended(executionArn: string): Promise<Ended> {
  let description: DescribeExecutionCommandOutput;
  do {
    await sleep(100);
    description = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  } while (description.status === 'RUNNING');
  const { status, error, cause, output = '{}', name } = description;
  return {
    executionArn,
    name: name!,
    status: status!,
    error,
    cause,
    output: JSON.parse(output) as Record<string, unknown>,
  };
}

export const run = async (input: object, name?: string, stateMachineArn?: string): Promise<Ended> =>
  ended(await start(input, name, stateMachineArn));

export async function redrive(executionArn: string): Promise<Ended> {
  await sfn.send(new RedriveExecutionCommand({ executionArn }));
  return ended(executionArn);
}

/** Runs the workflow, which must succeed. @returns the archive's id with the output */
export async function archived(input: object, name?: string): Promise<Ended & { archiveId: string }> {
  return succeeded(await run(input, name));
}

export function succeeded(execution: Ended): Ended & { archiveId: string } {
  expect(execution.status, `${execution.error}: ${execution.cause}`).toBe('SUCCEEDED');
  return { ...execution, archiveId: String(execution.output['archiveId']) };
}

export async function history(executionArn: string): Promise<HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  for await (const { events = [] } of paginateGetExecutionHistory({ client: sfn }, { executionArn })) {
    all.push(...events);
  }
  return all;
}

/** Waits until the execution has its archive id. */
export async function archiveIdOf(executionArn: string): Promise<string> {
  for (;;) {
    for (const { stateExitedEventDetails: exited } of await history(executionArn)) {
      if (exited?.name === 'SelectIndices') return (JSON.parse(exited.output!) as { archiveId: string }).archiveId;
    }
    await sleep(50);
  }
}

/** Names of the states that the execution entered, in order. */
export const statesOf = async (executionArn: string): Promise<string[]> =>
  (await history(executionArn)).flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []);

export const notices = async (about: string): Promise<Notification[]> =>
  (await page<Notification>('notifications')).filter(({ message }) => message.includes(about));

export const recordedCalls = (): Promise<RecordedCall[]> => page<RecordedCall>('calls');

async function page<T>(name: string): Promise<T[]> {
  const text = await (await fetch(new URL(`/_local/${name}`, endpoints.states))).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
}

/** The archive that several files look at, made by the first of them that asks. */
export const theArchive = { date: '2026-01-01', documents: 3000 };
export async function makeTheArchive(): Promise<Ended & { archiveId: string }> {
  const index = indexOf(theArchive.date);
  const exists = await fetch(new URL(`/${index}`, openSearchUrl), { method: 'HEAD' });
  if (!exists.ok) await loadLogs(theArchive.date, theArchive.documents);
  return archived({ date: theArchive.date }, 'the-archive');
}
