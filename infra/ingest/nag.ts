import { Stack, Validations, aws_iam as iam, type App } from 'aws-cdk-lib';

/** What these stacks leave as it is although the AWS Solutions rules (infra/nag.ts) or CDK itself complain, with the reason. */
export function acknowledgeFindings(app: App): void {
  for (const construct of app.node.findAll()) {
    for (const { path, ...acknowledgment } of acknowledged) {
      if (path.test(construct.node.path)) Validations.of(construct).acknowledge(acknowledgment);
    }
    if (construct instanceof iam.CfnPolicy) acknowledgeWildcards(construct);
  }
}

const acknowledged = [
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
] as const;

/** Wildcards in the resources of roles that are meant. Any other is a finding. */
const wildcards: readonly { readonly resource: RegExp; readonly path: RegExp; readonly reason: string }[] = [
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

function acknowledgeWildcards(policy: iam.CfnPolicy): void {
  const document = Stack.of(policy).resolve(policy.policyDocument) as { Statement: { Resource?: unknown }[] };
  for (const resource of document.Statement.flatMap(({ Resource }) => Resource)) {
    const known =
      typeof resource === 'string' &&
      wildcards.find((each) => each.resource.test(resource) && each.path.test(policy.node.path));
    if (!known) continue;
    Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason: known.reason });
  }
}
