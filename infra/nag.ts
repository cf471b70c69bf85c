import { type App, Stack, Validations, aws_iam as iam } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Holds the stacks against the AWS Solutions rules; what is left as it is, has its reason here. */
export function addNagChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  acknowledge(app, acknowledged, wildcards);
}

/** A finding that is left, on the constructs of this path. */
export interface Acknowledged {
  readonly id: string;
  readonly path: RegExp;
  readonly reason: string;
}

/** A wildcard in a resource of roles that is meant. */
export interface Wildcard {
  readonly resource: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

/** Gives the reasons for what the rules would find. */
export function acknowledge(app: App, findings: readonly Acknowledged[], meant: readonly Wildcard[]): void {
  for (const construct of app.node.findAll()) {
    for (const { path, ...acknowledgment } of findings) {
      if (path.test(construct.node.path)) Validations.of(construct).acknowledge(acknowledgment);
    }
    if (construct instanceof iam.CfnPolicy) acknowledgeWildcards(construct, meant);
  }
}

const acknowledged: readonly Acknowledged[] = [
  {
    id: 'AwsSolutions-S1',
    path: /\/(Staging|Archive|Restore|Snapshots)Bucket\/Resource$/,
    reason:
      'Object-level access is recorded by CloudTrail data events, which are authoritative; server access logs are best effort.',
  },
  {
    id: 'AwsSolutions-ECS2',
    path: /\/(Consolidate|Unpack)\/TaskDefinition\/Resource$/,
    reason:
      'The variables are bucket names and public keys; secrets are given by reference. Each run must see the ones of its own revision.',
  },
  {
    id: 'AwsSolutions-VPC7',
    path: /\/Vpc\/Resource$/,
    reason:
      'Nothing is in it but container tasks, to which nothing connects and which reach out by HTTPS only; CloudTrail has their calls.',
  },
  {
    id: 'AwsSolutions-SMG4',
    path: /-restore\/PrivateKey\/\w+Secret$/,
    reason:
      'The private key must open archives for as long as they are kept: a rotated key would open none that were made before.',
  },
];

/** Wildcards in the resources of roles that are meant. Any other is a finding. */
const wildcards: readonly Wildcard[] = [
  {
    resource: /^arn:aws[a-z-]*:s3:::[^*]+\/\*$/,
    path: /\/SnapshotsRole\/DefaultPolicy\/Resource$/,
    reason: 'The repository of the schedule, whose blobs only the cluster can name.',
  },
  {
    resource:
      /:domain\/[a-z0-9-]+\/(_snapshot\/[a-z0-9_.-]+\/([a-z0-9-]+-\*|\*,\*)|_resolve\/index\/\*|\*\/_(settings|stats\/\*)|_cluster\/health\/\*)$/,
    path: /\/Snapshots[A-Za-z]+\/Role\/DefaultPolicy\/Resource$/,
    reason:
      'Paths hold names of indices, and of snapshots and restores with their time, which are not known before; methods and endpoints are limited.',
  },
  {
    resource: /^arn:aws[a-z-]*:s3:::[a-z0-9-]+\/(runs|repositories|archives|catalog|restored|records|drills)\/\*$/,
    path: /./,
    reason: 'Keys begin with the archive id, which is not known before the execution.',
  },
  {
    resource:
      /:domain\/[a-z0-9-]+\/(\*|_snapshot\/\*|_snapshot\/restore-\*|_snapshot\/\*\/_restore|\*\/_(search|flush|refresh|close))$/,
    path: /./,
    reason:
      'Paths hold names of indices, repositories and snapshots, which are not known before; methods and endpoints are limited.',
  },
  {
    resource: /:(execution:[a-z0-9-]+:\*|task\/[a-z0-9-]+\/\*)$/,
    path: /./,
    reason: 'Executions of one state machine and tasks of one cluster, whose ids are not known before.',
  },
  {
    resource: /:(function:[a-z0-9-]+|task-definition\/[a-z0-9-]+):\*$/,
    path: /\/StateMachine\//,
    reason: 'Every version and revision: a redriven execution uses those that it began with.',
  },
  {
    resource: /:execution:\{.*\}(\/\*)?:\*$/,
    path: /\/StateMachine\/DistributedMapPolicy\/Resource$/,
    reason: "Made by CDK: the executions of this state machine's own Distributed Map, whose ids are not known before.",
  },
  {
    resource: /^\*$/,
    path: /\/[A-Za-z]+\/Role\/DefaultPolicy\/Resource$/,
    reason: "Lambda's network interfaces (ec2), X-Ray segments and log deliveries have no resources to name.",
  },
  {
    resource: /^\*$/,
    path: /\/TaskDefinition\/ExecutionRole\/DefaultPolicy\/Resource$/,
    reason: 'ecr:GetAuthorizationToken has no resources to name.',
  },
];

function acknowledgeWildcards(policy: iam.CfnPolicy, meant: readonly Wildcard[]): void {
  const document = Stack.of(policy).resolve(policy.policyDocument) as { Statement: { Resource?: unknown }[] };
  const resources = document.Statement.flatMap(({ Resource }) => Resource);
  for (const resource of resources) {
    const finding = asFinding(resource);
    const known = meant.find((each) => each.resource.test(finding) && each.path.test(policy.node.path));
    if (!known) continue;
    Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason: known.reason });
  }
}

/** A resource as cdk-nag names it in the id of a finding: what is known only at deployment stands there as JSON. */
function asFinding(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const [separator, parts] = (resource as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? ['', [resource]];
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(separator);
}
