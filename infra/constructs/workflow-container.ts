import {
  Duration,
  RemovalPolicy,
  Stack,
  aws_ecr_assets as assets,
  aws_ecs as ecs,
  aws_iam as iam,
  aws_logs as logs,
} from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ContainerTask } from '../../workflow/container-per-volume.ts';
import { bundleImage } from './bundles.ts';
import type { Network } from './network.ts';

export interface WorkflowContainerProps {
  /** `consolidate`: its folder below tasks/, and the container's name. */
  readonly name: string;
  readonly prefix: string;
  /** Of the cluster that is made for it. */
  readonly clusterName: string;
  readonly network: Network;
  readonly environment: Readonly<Record<string, string>>;
  /** Given to the container by reference: the definition never has their values. */
  readonly secrets?: Readonly<Record<string, ecs.Secret>>;
  readonly rights: readonly iam.PolicyStatement[];
}

/** The container that works on one volume: cluster, image, task definition, and the two roles. */
export class WorkflowContainer extends Construct {
  readonly containerName: string;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly executionRole: iam.IRole;
  readonly logGroup: logs.LogGroup;
  readonly #clusterName: string;
  readonly #clusterArn: string;
  readonly #network: Network;

  constructor(scope: Construct, id: string, props: WorkflowContainerProps) {
    super(scope, id);
    const { name, prefix, network } = props;
    this.containerName = name;
    this.#network = network;
    this.#clusterName = props.clusterName;
    this.#clusterArn = new ecs.Cluster(this, 'Cluster', {
      clusterName: props.clusterName,
      vpc: network.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    }).clusterArn;
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/${prefix}/${name}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const taskRole = new iam.Role(this, 'TaskRole', {
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    for (const statement of props.rights) taskRole.addToPolicy(statement);
    this.taskDefinition = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      family: `${prefix}-${name}`,
      cpu: 2048,
      memoryLimitMiB: 4096,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
      taskRole,
    });
    this.executionRole = this.taskDefinition.obtainExecutionRole();
    // A redrive runs the revision that its execution began with, so a deployment must not take the old one away.
    const definition = this.taskDefinition.node.defaultChild as CfnResource;
    definition.applyRemovalPolicy(RemovalPolicy.RETAIN);

    this.taskDefinition.addContainer(name, {
      image: ecs.ContainerImage.fromDockerImageAsset(
        new assets.DockerImageAsset(this, 'Image', {
          directory: bundleImage(this, `tasks/${name}/main`),
          platform: assets.Platform.LINUX_AMD64,
        }),
      ),
      environment: props.environment,
      ...(props.secrets && { secrets: props.secrets }),
      readonlyRootFilesystem: true,
      // ECS's longest: the task stops its work and says so within seconds.
      stopTimeout: Duration.seconds(120),
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: name, logGroup: this.logGroup }),
    });
  }

  /** As a state runs it. */
  task(parallelism: number): ContainerTask {
    return {
      clusterArn: this.#clusterArn,
      taskDefinitionArn: this.taskDefinition.taskDefinitionArn,
      containerName: this.containerName,
      subnetIds: this.#network.taskSubnetIds,
      securityGroupIds: [this.#network.taskSecurityGroupId],
      assignPublicIp: this.#network.assignPublicIp,
      parallelism,
    };
  }

  /** What Step Functions needs to run it and wait for its end (`ecs:runTask.sync`). */
  runRights(): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    const { taskDefinition } = this;
    const inCluster = { ArnEquals: { 'ecs:cluster': this.#clusterArn } };
    const tasks = stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.#clusterName}/*` });
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
        resources: [taskDefinition.taskRole.roleArn, this.executionRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        // The name that Step Functions gives to its own rule.
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForECSTaskRule',
          }),
        ],
      }),
    ];
  }
}
