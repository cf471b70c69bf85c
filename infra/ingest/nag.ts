import type { App } from 'aws-cdk-lib';
import { acknowledge, type Acknowledged, type Wildcard } from '../nag.ts';

/** What these stacks leave as it is although the AWS Solutions rules (infra/nag.ts) or CDK itself complain, with the reason. */
export const acknowledgeFindings = (app: App): void => acknowledge(app, acknowledged, wildcards);

const acknowledged: readonly Acknowledged[] = [
  {
    id: 'AwsSolutions-S1',
    path: /-log-replica\/\w+Logs\/Resource$/,
    reason: 'Nobody reads a second copy in daily work; CloudTrail data events record who does.',
  },
  {
    id: 'AwsSolutions-ELB2',
    path: /\/Syslog\/LoadBalancer\/Resource$/,
    reason: 'Network load balancers log TLS listeners only; here TLS ends behind it.',
  },
  {
    id: 'AwsSolutions-ECS2',
    path: /\/Syslog\/Task\d+\/Resource$/,
    reason: 'The variables are names and folders; certificate and key are given by reference.',
  },
  {
    id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    path: /\/Syslog\/Vpc\/PrivateSubnet\d+$/,
    reason: 'Nothing is routed here.',
  },
];

/** Wildcards in the resources of roles that are meant. Any other is a finding. */
const wildcards: readonly Wildcard[] = [
  {
    resource: /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/\*$/,
    path: /\/(ReplicationRole|CloudWatchLogs\/Role|Syslog\/TaskRole)\/DefaultPolicy\/Resource$/,
    reason:
      "Narrowed to one key by its alias, which is all that another account or region knows of it, to S3, and by the key's own policy.",
  },
  {
    resource: /^arn:aws:s3:::[a-z0-9-]+\/([a-z0-9-]+\/)*\*$/,
    path: /\/(ReplicationRole|CloudWatchLogs\/Role|Syslog\/TaskRole)\/DefaultPolicy\/Resource$/,
    reason: 'Keys hold times, which are not known before; objects are added, never deleted.',
  },
  {
    resource: /^\*$/,
    path: /\/Syslog\/Task\d+\/ExecutionRole\/DefaultPolicy\/Resource$/,
    reason: 'ecr:GetAuthorizationToken has no resources to name.',
  },
];
