import { Duration, RemovalPolicy, Stack, aws_ecr_assets as assets, aws_ecs as ecs, aws_iam as iam } from 'aws-cdk-lib';
import { aws_logs as logs, type CfnResource, type aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { repositoriesPrefix, runsPrefix } from '../../archive/keys.ts';
import type { consolidateEnvironment } from '../../tasks/consolidate/settings.ts';
import type { Configuration } from '../config/read.ts';
import { bundleImage } from './bundles.ts';
import { clusterName } from './names.ts';
import type { Network } from './network.ts';
import { volumesPrefix } from './prefixes.ts';
import { list, objects } from './statements.ts';
import type { Variables } from './variables.ts';

/** Told to each task by the state machine. */
type Overridden = 'ARCHIVE_ID' | 'VOLUME';

export interface ConsolidateTaskProps {
  readonly configuration: Configuration;
  readonly network: Network;
  readonly staging: s3.IBucket;
  readonly archive: s3.IBucket;
}

/** The container that makes a volume: cluster, image, task definition, and the two roles. */
export class ConsolidateTask extends Construct {
  readonly clusterArn: string;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly containerName = 'consolidate';
  readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ConsolidateTaskProps) {
    super(scope, id);
    const { settings, recipients } = props.configuration;
    const cluster = new ecs.Cluster(this, 'Cluster', {
      clusterName: clusterName(settings),
      vpc: props.network.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    this.clusterArn = cluster.clusterArn;
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/${settings.prefix}/consolidate`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.taskDefinition = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      family: `${settings.prefix}-consolidate`,
      cpu: 2048,
      memoryLimitMiB: 4096,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
      taskRole: taskRole(this, props),
    });
    // A redrive runs the revision that its execution began with, so a deployment must not take the old one away.
    const definition = this.taskDefinition.node.defaultChild as CfnResource;
    definition.applyRemovalPolicy(RemovalPolicy.RETAIN);

    const environment: Omit<Variables<typeof consolidateEnvironment>, Overridden> = {
      STAGING_BUCKET: props.staging.bucketName,
      ARCHIVE_BUCKET: props.archive.bucketName,
      RECIPIENT_KEYS: recipients.armored,
      ENCRYPTION_PROFILE: settings.encryption.profile,
    };
    this.taskDefinition.addContainer(this.containerName, {
      image: ecs.ContainerImage.fromDockerImageAsset(
        new assets.DockerImageAsset(this, 'Image', {
          directory: bundleImage(this, 'tasks/consolidate/main'),
          platform: assets.Platform.LINUX_AMD64,
        }),
      ),
      environment,
      readonlyRootFilesystem: true,
      // ECS's longest: the task stops its upload and says so within seconds.
      stopTimeout: Duration.seconds(120),
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'consolidate', logGroup: this.logGroup }),
    });
  }
}

/** Reads what is staged, adds to the archive; deletes nothing, bypasses no lock, never comes near the catalogue. */
function taskRole(scope: Construct, { staging, archive }: ConsolidateTaskProps): iam.Role {
  const role = new iam.Role(scope, 'TaskRole', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  const rights = [
    objects(staging, repositoriesPrefix, ['s3:GetObject']),
    objects(staging, runsPrefix, ['s3:GetObject', 's3:PutObject']),
    list(staging, [runsPrefix, repositoriesPrefix]),
    objects(archive, volumesPrefix, [
      // To see what stands at its own key; S3 has no narrower right, and what could be read is ciphertext.
      's3:GetObject',
      's3:GetObjectRetention',
      's3:PutObject',
      's3:PutObjectRetention',
      's3:AbortMultipartUpload',
    ]),
    list(archive, [volumesPrefix], ['s3:ListBucket', 's3:ListBucketMultipartUploads']),
  ];
  for (const statement of rights) role.addToPolicy(statement);
  return role;
}

/** What Step Functions needs to run this task and wait for its end (`ecs:runTask.sync`). */
export function runTaskRights(task: ConsolidateTask, names: { cluster: string }): iam.PolicyStatement[] {
  const stack = Stack.of(task);
  const { taskDefinition } = task;
  const inCluster = { ArnEquals: { 'ecs:cluster': task.clusterArn } };
  const tasks = stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${names.cluster}/*` });
  return [
    new iam.PolicyStatement({
      actions: ['ecs:RunTask'],
      // Any revision: a redriven execution asks for the one that it began with.
      resources: [
        stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${taskDefinition.family}:*` }),
      ],
      conditions: inCluster,
    }),
    new iam.PolicyStatement({
      actions: ['ecs:StopTask', 'ecs:DescribeTasks'],
      resources: [tasks],
      conditions: inCluster,
    }),
    new iam.PolicyStatement({
      actions: ['ecs:TagResource'],
      resources: [tasks],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    }),
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [taskDefinition.taskRole.roleArn, taskDefinition.obtainExecutionRole().roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    }),
    new iam.PolicyStatement({
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      // The name that Step Functions gives to its own rule.
      resources: [
        stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForECSTaskRule' }),
      ],
    }),
  ];
}
