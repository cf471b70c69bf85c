import type { IncomingMessage } from 'node:http';
import { arn } from '../deploy/resource-type.ts';

/** A call to an AWS service, as far as its protocol tells: JSON (x-amz-target) or query (a form). */
export interface ServiceRequest {
  accessKeyId: string | null;
  /** IAM's prefix of the service: `kms`, `sns`. */
  service: string;
  operation: string;
  /** Parameters of a JSON call. */
  parameters: Record<string, unknown>;
  /** Parameters of a query call. */
  form: URLSearchParams;
}

const SERVICE_OF_TARGET: Record<string, string> = {
  AWSStepFunctions: 'states',
  AmazonEC2ContainerServiceV20141113: 'ecs',
  TrentService: 'kms',
  AmazonSQS: 'sqs',
  AmazonSSM: 'ssm',
  Logs_20140328: 'logs',
  secretsmanager: 'secretsmanager',
};
const IAM_PREFIX: Record<string, string> = { monitoring: 'cloudwatch', email: 'ses' };

/** Access key and service of a SigV4 signature; nulls for a call without one. The signature is not checked. */
export function signer(headers: IncomingMessage['headers']): { accessKeyId: string | null; service: string | null } {
  const scope = /Credential=([^/,\s]+)\/\d{8}\/[^/]*\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '');
  return { accessKeyId: scope?.[1] ?? null, service: scope?.[2] ?? null };
}

export function parseServiceRequest(headers: IncomingMessage['headers'], body: string): ServiceRequest {
  const { accessKeyId, service: signedFor } = signer(headers);
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const dot = target.lastIndexOf('.');
    const prefix = target.slice(0, dot);
    const service = SERVICE_OF_TARGET[prefix] ?? signedFor ?? prefix;
    const parameters = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
    return { accessKeyId, service, operation: target.slice(dot + 1), parameters, form: new URLSearchParams() };
  }
  const form = new URLSearchParams(headers['content-type']?.includes('form-urlencoded') ? body : '');
  const service = IAM_PREFIX[signedFor ?? ''] ?? signedFor ?? 'unknown';
  return { accessKeyId, service, operation: form.get('Action') ?? 'unknown', parameters: {}, form };
}

/** The IAM action; the same word as the operation, for the services that come by here. */
export const actionOf = ({ service, operation }: ServiceRequest): string => `${service}:${operation}`;

/** The ARN that a policy would be checked against; null where the call does not tell. */
export function resourceOf({ service, operation, parameters, form }: ServiceRequest): string | null {
  const named = (name: string): string | undefined => {
    const value = parameters[name] ?? form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const asArn = (value: string | undefined, resource: (name: string) => string): string | null => {
    if (value === undefined) return null;
    return value.startsWith('arn:') ? value : arn(service, resource(value));
  };
  switch (service) {
    case 'kms':
      return asArn(named('KeyId'), (key) => (key.startsWith('alias/') ? key : `key/${key}`));
    case 'sns':
      return named('TopicArn') ?? named('TargetArn') ?? null;
    case 'sqs':
      return asArn(named('QueueUrl')?.split('/').pop(), (queue) => queue);
    case 'secretsmanager':
      return asArn(named('SecretId'), (secret) => `secret:${secret}`);
    case 'ssm':
      return asArn(named('Name'), (name) => `parameter/${name.replace(/^\//, '')}`);
    case 'logs': {
      const stream = operation === 'PutLogEvents' ? `:log-stream:${named('logStreamName') ?? '*'}` : '';
      return asArn(named('logGroupName'), (group) => `log-group:${group}${stream}`);
    }
    case 'states':
      return named('executionArn') ?? named('stateMachineArn') ?? named('mapRunArn') ?? null;
    case 'ecs': {
      const [task] = Array.isArray(parameters.tasks) ? (parameters.tasks as unknown[]) : [named('task')];
      if (typeof task === 'string') {
        const cluster = named('cluster')?.split('/').pop() ?? 'default';
        return asArn(task, (id) => `task/${cluster}/${id}`);
      }
      return asArn(named('taskDefinition'), (family) => `task-definition/${family}`);
    }
    default:
      return null;
  }
}
