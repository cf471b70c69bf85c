import type { IncomingMessage, ServerResponse } from 'node:http';
import { StatesServiceError } from './errors.ts';
import type { MapRunRecord } from './execution.ts';
import { pageOf } from './history.ts';
import { copyJson, isJsonObject, type Json, type JsonObject } from './json.ts';
import type { StatesService } from './service.ts';

/** `X-Amz-Target` of the AWS JSON 1.0 protocol names the operation after this. */
const TARGET = 'AWSStepFunctions.';
const DATES = ['startDate', 'stopDate', 'redriveDate', 'creationDate', 'timestamp'];

/** Answers a request if it is one for Step Functions; false when it is not, and nothing was written. */
export type StatesHandler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => Promise<boolean>;

/** Serves the service over the wire protocol of `@aws-sdk/client-sfn`: mount it on any HTTP server, with the request's whole body. */
export function serveStates(service: StatesService): StatesHandler {
  return async (request, response, body) => {
    const target = request.headers['x-amz-target'];
    if (typeof target !== 'string' || !target.startsWith(TARGET)) return false;
    const operation = target.slice(TARGET.length);
    try {
      const parameters: unknown = JSON.parse(body.toString() || '{}');
      if (!isJsonObject(parameters))
        throw new StatesServiceError('SerializationException', 'The body is not an object.');
      const perform = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!perform)
        throw new StatesServiceError('UnknownOperationException', `The operation ${operation} is not served locally.`);
      send(response, 200, inSeconds(copyJson(await perform(service, new Parameters(parameters)))));
    } catch (error) {
      const { status, body: answer } = refusal(error);
      send(response, status, answer);
    }
    return true;
  };
}

function refusal(error: unknown): { status: number; body: JsonObject } {
  if (error instanceof StatesServiceError) return { status: 400, body: { __type: error.name, message: error.message } };
  if (error instanceof SyntaxError)
    return { status: 400, body: { __type: 'SerializationException', message: error.message } };
  return {
    status: 500,
    body: { __type: 'InternalFailure', message: error instanceof Error ? error.message : String(error) },
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Dates are seconds since the epoch on the wire. */
function inSeconds(value: Json): Json {
  if (Array.isArray(value)) return value.map(inSeconds);
  if (!isJsonObject(value)) return value;
  const convert = (key: string, inner: Json): Json =>
    DATES.includes(key) && typeof inner === 'number' ? inner / 1000 : inSeconds(inner);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, convert(key, inner)]));
}

/** A request's parameters by name and type; a missing or a wrong one is a ValidationException. */
class Parameters {
  readonly #values: JsonObject;

  constructor(values: JsonObject) {
    this.#values = values;
  }

  text(name: string): string {
    const value = this.optional(name, 'string');
    if (value === undefined) throw new StatesServiceError('ValidationException', `'${name}' must not be null`);
    return value;
  }

  optional(name: string, type: 'string'): string | undefined;
  optional(name: string, type: 'number'): number | undefined;
  optional(name: string, type: 'boolean'): boolean | undefined;
  optional(name: string, type: 'string' | 'number' | 'boolean'): Json | undefined {
    const value = this.#values[name] ?? undefined;
    if (value === undefined || typeof value === type) return value;
    throw new StatesServiceError('ValidationException', `'${name}' must be a ${type}`);
  }

  page(): { maxResults: number | undefined; nextToken: string | undefined } {
    return { maxResults: this.optional('maxResults', 'number'), nextToken: this.optional('nextToken', 'string') };
  }
}

type Operation = (service: StatesService, request: Parameters) => object | Promise<object>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution: (service, request) =>
    service.startExecution({
      stateMachineArn: request.text('stateMachineArn'),
      name: request.optional('name', 'string'),
      input: inputOf(request.optional('input', 'string')),
    }),
  DescribeExecution: (service, request) => {
    const execution = service.describeExecution(request.text('executionArn'));
    const outputDetails = execution.output === undefined ? {} : { outputDetails: { included: true } };
    return { ...execution, inputDetails: { included: true }, ...outputDetails };
  },
  GetExecutionHistory: (service, request) =>
    service.getExecutionHistory({
      executionArn: request.text('executionArn'),
      reverseOrder: request.optional('reverseOrder', 'boolean'),
      includeExecutionData: request.optional('includeExecutionData', 'boolean'),
      ...request.page(),
    }),
  ListExecutions: (service, request) => {
    const { executions, ...rest } = service.listExecutions({
      stateMachineArn: request.optional('stateMachineArn', 'string'),
      mapRunArn: request.optional('mapRunArn', 'string'),
      statusFilter: request.optional('statusFilter', 'string'),
      redriveFilter: request.optional('redriveFilter', 'string'),
      ...request.page(),
    });
    const items = executions.map(
      ({
        executionArn,
        stateMachineArn,
        name,
        status,
        startDate,
        stopDate,
        redriveCount,
        redriveDate,
        mapRunArn,
        itemCount,
      }) => {
        return {
          executionArn,
          stateMachineArn,
          name,
          status,
          startDate,
          stopDate,
          redriveCount,
          redriveDate,
          mapRunArn,
          itemCount,
        };
      },
    );
    return { executions: items.map(withoutUndefined), ...rest };
  },
  StopExecution: (service, request) =>
    service.stopExecution({
      executionArn: request.text('executionArn'),
      error: request.optional('error', 'string'),
      cause: request.optional('cause', 'string'),
    }),
  RedriveExecution: (service, request) =>
    service.redriveExecution({
      executionArn: request.text('executionArn'),
      clientToken: request.optional('clientToken', 'string'),
    }),
  DescribeStateMachine: (service, request) => ({
    ...service.describeStateMachine(request.text('stateMachineArn')),
    status: 'ACTIVE',
    type: 'STANDARD',
  }),
  ListStateMachines: (service, request) => {
    const { maxResults, nextToken } = request.page();
    const { items, ...rest } = pageOf(service.listStateMachines(), maxResults, nextToken, 'state machines');
    const stateMachines = items.map(({ stateMachineArn, name, creationDate }) => ({
      stateMachineArn,
      name,
      creationDate,
      type: 'STANDARD',
    }));
    return { stateMachines, ...rest };
  },
  ListMapRuns: (service, request) => {
    const { maxResults, nextToken } = request.page();
    const executionArn = request.text('executionArn');
    const { items, ...rest } = pageOf(service.listMapRuns(executionArn), maxResults, nextToken, executionArn);
    const mapRuns = items.map(({ mapRunArn, stateMachineArn, startDate, stopDate }) =>
      withoutUndefined({ executionArn, mapRunArn, stateMachineArn, startDate, stopDate }),
    );
    return { mapRuns, ...rest };
  },
  DescribeMapRun: (service, request) => describeMapRun(service.describeMapRun(request.text('mapRunArn'))),
};

function inputOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new StatesServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${String(error)}'`);
  }
}

function describeMapRun({ children, ...run }: MapRunRecord): object {
  const count = (weight: (child: MapRunRecord['children'][number]) => number): object => {
    const sum = (status?: string): number =>
      children
        .filter((child) => status === undefined || child.status === status)
        .reduce((total, child) => total + weight(child), 0);
    return {
      pending: sum('PENDING'),
      running: sum('RUNNING'),
      succeeded: sum('SUCCEEDED'),
      failed: sum('FAILED'),
      timedOut: sum('TIMED_OUT'),
      aborted: sum('ABORTED'),
      total: sum(),
      resultsWritten: 0,
    };
  };
  return { ...run, itemCounts: count((child) => child.itemCount), executionCounts: count(() => 1) };
}

const withoutUndefined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
