import type { KMSClient } from '@aws-sdk/client-kms';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Runtime } from '../runtime/runtime.ts';
import type { Assembly } from '../template/assembly.ts';
import type { PhysicalIds } from './physical-ids.ts';
import type { Roles } from './roles.ts';

/** What resources are deployed into. */
export interface LocalCloud extends Omit<Runtime, 'close'> {
  assembly: Assembly;
  physicalIds: PhysicalIds;
  roles: Roles;
  /** Clients with the root's credentials, past the recording gateway. */
  clients: { s3: S3Client; kms: KMSClient; sns: SNSClient; sqs: SQSClient; secrets: SecretsManagerClient };
  /** An action of Systems Manager: JSON in, JSON out. */
  ssm: (action: string, input: object) => Promise<unknown>;
  /** What AWS would tell a process of this role about where and as whom to call services. */
  awsEnvironment: (roleArn: string | undefined) => Record<string, string>;
  /** The address of a service's own, as its clients reach it: through the recording gateway. */
  throughGateway: (url: string) => string;
  /** Replaces addresses of services that exist only in the cloud by those of their local stand-ins. */
  localize: (value: string) => string;
  /** Secret values for a container, fetched as its execution role. */
  readSecret: (valueFrom: string, executionRoleArn: string | undefined) => Promise<string>;
}
