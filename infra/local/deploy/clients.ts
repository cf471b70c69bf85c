import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { region } from '../template/scope.ts';
import type { LocalCloud } from './local-cloud.ts';
import type { Credentials } from './roles.ts';

export interface ServiceAddresses {
  s3: string;
  /** All other services. */
  aws: string;
}

export function serviceClients(
  addresses: ServiceAddresses,
  credentials: Credentials,
): LocalCloud['clients'] & { close: () => void } {
  const aws = { endpoint: addresses.aws, region, credentials };
  const clients = {
    s3: new S3Client({ endpoint: addresses.s3, region, credentials, forcePathStyle: true }),
    kms: new KMSClient(aws),
    sns: new SNSClient(aws),
    sqs: new SQSClient(aws),
    secrets: new SecretsManagerClient(aws),
  };
  return { ...clients, close: () => Object.values(clients).forEach((client) => client.destroy()) };
}

/** Calls an operation of a JSON 1.1 service whose client is not among the dependencies. */
export async function callJson(
  endpoint: string,
  target: string,
  input: object,
  credentials: Credentials,
): Promise<unknown> {
  const service = target.split('.')[0] === 'AmazonSSM' ? 'ssm' : 'unknown';
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      // The local servers read the scope and check no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20200101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as { __type?: string; message?: string };
  if (!response.ok)
    throw new ServiceCallFailed(`${target}: ${answer.__type ?? response.status} ${answer.message ?? ''}`);
  return answer;
}

/** A service of the local stack refused a call; the message names the operation and the error. */
export class ServiceCallFailed extends Error {
  override readonly name = 'ServiceCallFailed';
}

/**
 * The value that a container's `ValueFrom` names: a parameter, or a secret's ARN with optional `:json-key:stage:version`
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html).
 */
export async function readContainerSecret(
  valueFrom: string,
  endpoint: string,
  credentials: Credentials,
): Promise<string> {
  if (!valueFrom.includes(':secretsmanager:')) {
    const Name = valueFrom.startsWith('arn:') ? `/${valueFrom.split(':parameter/')[1] ?? ''}` : valueFrom;
    const found = await callJson(
      endpoint,
      'AmazonSSM.GetParameters',
      { Names: [Name], WithDecryption: true },
      credentials,
    );
    const value = (found as { Parameters?: { Value?: string }[] }).Parameters?.[0]?.Value;
    if (value === undefined) throw new ServiceCallFailed(`There is no parameter ${valueFrom}`);
    return value;
  }
  const parts = valueFrom.split(':');
  const [jsonKey, stage, version] = parts.slice(7);
  const client = new SecretsManagerClient({ endpoint, region, credentials });
  try {
    const { SecretString = '' } = await client.send(
      new GetSecretValueCommand({
        SecretId: parts.slice(0, 7).join(':'),
        ...(stage ? { VersionStage: stage } : {}),
        ...(version ? { VersionId: version } : {}),
      }),
    );
    if (!jsonKey) return SecretString;
    return String((JSON.parse(SecretString) as Record<string, unknown>)[jsonKey]);
  } finally {
    client.destroy();
  }
}
