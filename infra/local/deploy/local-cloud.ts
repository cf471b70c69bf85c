import type { KMSClient } from '@aws-sdk/client-kms';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { AsyncInvocations } from '../runtime/async-invocations.ts';
import type { LogGroups } from '../runtime/log-groups.ts';
import type { Rules } from '../runtime/rules.ts';
import type { EventSourceMappings } from '../runtime/event-source-mappings.ts';
import type { Functions } from '../runtime/functions.ts';
import type { Schedules } from '../runtime/schedules.ts';
import type { Tasks } from '../runtime/tasks.ts';
import type { Assembly } from '../template/assembly.ts';
import type { PhysicalIds } from './physical-ids.ts';
import type { Roles } from './roles.ts';

/** What resources are deployed into. */
export interface LocalCloud {
  assembly: Assembly;
  physicalIds: PhysicalIds;
  roles: Roles;
  /** Clients with the root's credentials, past the recording gateway. */
  clients: { s3: S3Client; kms: KMSClient; sns: SNSClient; sqs: SQSClient; secrets: SecretsManagerClient };
  /** An action of Systems Manager: JSON in, JSON out. */
  ssm: (action: string, input: object) => Promise<unknown>;
  functions: Functions;
  invocations: AsyncInvocations;
  eventSourceMappings: EventSourceMappings;
  tasks: Tasks;
  rules: Rules;
  logGroups: LogGroups;
  schedules: Schedules;
  createStateMachine: (machine: {
    name: string;
    arn: string;
    roleArn: string;
    definition: unknown;
  }) => void | Promise<void>;
  /** What AWS would tell a process of this role about where and as whom to call services. */
  awsEnvironment: (roleArn: string | undefined) => Record<string, string>;
  /** The address of a service's own, as its clients reach it: through the recording gateway. */
  throughGateway: (url: string) => string;
  /** Replaces addresses of services that exist only in the cloud by those of their local stand-ins. */
  localize: (value: string) => string;
  /** Secret values for a container, fetched as its execution role. */
  readSecret: (valueFrom: string, executionRoleArn: string | undefined) => Promise<string>;
}
