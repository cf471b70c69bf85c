import { arn } from '../deploy/resource-type.ts';
import { RuntimeServiceError } from '../runtime/errors.ts';
import type { EventSourceMappings } from '../runtime/event-source-mappings.ts';
import type { Mapping } from '../runtime/mapping.ts';

/** An answer, and what the call is to IAM. */
export interface MappingsAnswer {
  readonly status: number;
  readonly content: unknown;
  /** Error code, in the header `x-amzn-errortype`. */
  readonly error?: string;
  readonly action: string;
  readonly resource: string;
  readonly conditions: Readonly<Record<string, string>>;
}

const path = /^\/2015-03-31\/event-source-mappings\/?([^/]*)$/;

/**
 * What Lambda's REST API has of mappings, as far as it exists locally: ListEventSourceMappings, GetEventSourceMapping and
 * UpdateEventSourceMapping, of which only `Enabled` may be updated (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html).
 */
export function answerMappings(mappings: EventSourceMappings, method: string, url: URL, body: string): MappingsAnswer {
  const uuid = path.exec(url.pathname)?.[1];
  const operation = uuid === undefined ? undefined : operations[`${method} ${uuid === '' ? 'all' : 'one'}`];
  if (uuid === undefined || operation === undefined) {
    const none = new RuntimeServiceError('UnknownOperationException', `${method} ${url.pathname} is not simulated`);
    return { ...failure(none), action: 'lambda:unknown', resource: '*', conditions: {} };
  }
  const called = {
    action: `lambda:${operation}`,
    resource: uuid === '' ? '*' : arn('lambda', `event-source-mapping:${uuid}`),
  };
  try {
    if (uuid === '') {
      const found = mappings.list({
        functionName: url.searchParams.get('FunctionName') ?? undefined,
        queueArn: url.searchParams.get('EventSourceArn') ?? undefined,
      });
      return { ...called, status: 200, conditions: {}, content: { EventSourceMappings: found.map(configuration) } };
    }
    const before = mappings.get(uuid);
    const mapping = method === 'PUT' ? mappings.setEnabled(uuid, enabledIn(body)) : before;
    const conditions = { functionArn: mapping.functionArn };
    return { ...called, status: method === 'PUT' ? 202 : 200, conditions, content: configuration(mapping) };
  } catch (error) {
    if (!(error instanceof RuntimeServiceError)) throw error;
    return { ...called, ...failure(error), conditions: {} };
  }
}

const operations: Readonly<Record<string, string>> = {
  'GET all': 'ListEventSourceMappings',
  'GET one': 'GetEventSourceMapping',
  'PUT one': 'UpdateEventSourceMapping',
};

function enabledIn(body: string): boolean {
  const { Enabled, ...others } = JSON.parse(body) as Record<string, unknown>;
  if (typeof Enabled === 'boolean' && Object.keys(others).length === 0) return Enabled;
  throw new RuntimeServiceError('InvalidParameterValueException', 'Locally, only Enabled can be updated');
}

const failure = ({ name, message }: RuntimeServiceError): Pick<MappingsAnswer, 'status' | 'content' | 'error'> => ({
  status: name === 'ResourceNotFoundException' ? 404 : 400,
  content: { Type: 'User', Message: message },
  error: name,
});

const configuration = (mapping: Mapping): object => ({
  UUID: mapping.uuid,
  FunctionArn: mapping.functionArn,
  EventSourceArn: mapping.queueArn,
  BatchSize: mapping.batchSize,
  ScalingConfig: { MaximumConcurrency: mapping.maximumConcurrency },
  FunctionResponseTypes: mapping.reportsFailures ? ['ReportBatchItemFailures'] : [],
  State: mapping.enabled ? 'Enabled' : 'Disabled',
  StateTransitionReason: 'USER_INITIATED',
});
