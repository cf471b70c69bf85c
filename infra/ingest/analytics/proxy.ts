import {
  RemovalPolicy,
  Validations,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_elasticloadbalancingv2 as elb,
} from 'aws-cdk-lib';
import { aws_iam as iam, aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Inputs } from './inputs.ts';
import {
  healthPath,
  proxyCommand,
  proxyEnvironment,
  proxyImage,
  proxyPort,
  proxyRunFolder,
} from './proxy/container.ts';

export interface ProxyProps {
  readonly inputs: Inputs;
  readonly vpc: ec2.IVpc;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly domain: { readonly hostName: string };
  readonly subnetCidrs: string;
}

const containerName = 'proxy';

/** Two tasks of the public nginx image; what they do stands in their environment, so that a change of it is a new revision. */
export class Proxy extends Construct {
  readonly targetGroup: elb.CfnTargetGroup;
  readonly service: ecs.CfnService;

  constructor(scope: Construct, id: string, { inputs, vpc, securityGroup, domain, subnetCidrs }: ProxyProps) {
    super(scope, id);
    const { prefix, vpcId, subnetIds, allowedCidrs } = inputs;
    const cluster = new ecs.Cluster(this, 'Cluster', {
      clusterName: `${prefix}-analytics`,
      vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/${prefix}/analytics/proxy`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const definition = new ecs.FargateTaskDefinition(this, 'Task', {
      family: `${prefix}-analytics-proxy`,
      cpu: 256,
      memoryLimitMiB: 512,
      taskRole: new iam.Role(this, 'TaskRole', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
      volumes: [{ name: 'run' }],
    });
    const [entryPoint, ...command] = proxyCommand();
    const container = definition.addContainer(containerName, {
      image: ecs.ContainerImage.fromRegistry(proxyImage),
      entryPoint: [entryPoint!],
      command,
      environment: proxyEnvironment({ allowedCidrs, balancerCidrs: subnetCidrs, upstreamHost: domain.hostName }),
      portMappings: [{ containerPort: proxyPort }],
      readonlyRootFilesystem: true,
      linuxParameters: this.#narrowed(),
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: containerName, logGroup }),
    });
    // Root's, as every empty volume of Fargate: nginx starts as root, and works as its own user.
    container.addMountPoints({ sourceVolume: 'run', containerPath: proxyRunFolder, readOnly: false });
    this.targetGroup = new elb.CfnTargetGroup(this, 'Targets', {
      vpcId,
      targetType: 'ip',
      protocol: 'HTTP',
      port: proxyPort,
      healthCheckPath: healthPath,
      healthCheckIntervalSeconds: 15,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: '200' },
      targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '30' }],
    });
    this.service = new ecs.CfnService(this, 'Service', {
      cluster: cluster.clusterName,
      taskDefinition: definition.taskDefinitionArn,
      launchType: 'FARGATE',
      desiredCount: 2,
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      healthCheckGracePeriodSeconds: 30,
      loadBalancers: [{ containerName, containerPort: proxyPort, targetGroupArn: this.targetGroup.ref }],
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [...subnetIds],
          securityGroups: [securityGroup.securityGroupId],
          // The registry is reached by no other way from public subnets.
          assignPublicIp: 'ENABLED',
        },
      },
    });
    this.service.node.addDependency(definition.obtainExecutionRole());
    Validations.of(definition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason:
        'The variables are the configuration and address ranges; nothing of it is secret, and a change must be a new revision.',
    });
  }

  /** What is left is what nginx needs to hand its work to its own user, and to stop it. */
  #narrowed(): ecs.LinuxParameters {
    const parameters = new ecs.LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    parameters.dropCapabilities(
      ecs.Capability.AUDIT_WRITE,
      ecs.Capability.FSETID,
      ecs.Capability.MKNOD,
      ecs.Capability.NET_BIND_SERVICE,
      ecs.Capability.NET_RAW,
      ecs.Capability.SETFCAP,
      ecs.Capability.SETPCAP,
      ecs.Capability.SYS_CHROOT,
    );
    return parameters;
  }
}
