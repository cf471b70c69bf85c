import { Duration, RemovalPolicy, aws_ec2 as ec2, aws_ecs as ecs, aws_iam as iam, aws_logs as logs } from 'aws-cdk-lib';
import { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import { aws_elasticloadbalancingv2 as elb, aws_secretsmanager as secrets } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { shipSyslogEnvironment } from '../../../tasks/ship-syslog/settings.ts';
import type { Variables } from '../../constructs/variables.ts';
import { logBucketName, syslogRoleName } from '../buckets/names.ts';
import { tell } from '../cloudwatch/tell.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { LogSource, SyslogSettings } from '../config/sources.ts';
import { writeRights } from '../sources/stream.ts';
import { alarmOfReceivers } from './alarm.ts';
import { receiverImage } from './image.ts';
import { Spool } from './spool.ts';

/** Ports: as senders know them, and as the receivers, which are not root, listen. */
const ports = [
  { name: 'Tcp', outside: 514, inside: 10_514 },
  { name: 'Tls', outside: 6514, inside: 6514 },
] as const;

const spoolFolder = '/var/spool/syslog';
/** As in the Dockerfile: a mounted folder takes its owner from there. */
const tlsFolder = '/run/syslog-tls';

/** Given by reference. */
type Secrets = 'TLS_CERTIFICATE' | 'TLS_KEY';
type Given = Variables<typeof shipSyslogEnvironment>;

export interface SyslogReceiversProps {
  readonly settings: LogSettings;
  readonly source: LogSource;
  readonly syslog: SyslogSettings;
  readonly topic: sns.ITopic;
}

/**
 * Syslog over TCP and TLS: a network load balancer, and behind it services of one task each, whose spool folder no other task
 * writes. TLS ends in rsyslog.
 */
export class SyslogReceivers extends Construct {
  /** The DNS name that senders are told. */
  readonly loadBalancerName: string;

  constructor(scope: Construct, id: string, { settings, source, syslog, topic }: SyslogReceiversProps) {
    super(scope, id);
    const { account, region } = source;
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: syslog.vpcId,
      availabilityZones: syslog.availabilityZones,
      privateSubnetIds: syslog.subnetIds,
    });
    const subnets = { subnets: vpc.privateSubnets };
    const group = (groupId: string, description: string): ec2.SecurityGroup =>
      new ec2.SecurityGroup(this, groupId, { vpc, allowAllOutbound: false, description });
    const front = group('FrontSecurityGroup', 'Syslog: from senders');
    const receivers = group('ReceiverSecurityGroup', 'Syslog: from the load balancer');
    receivers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'The AWS services');
    receivers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.NFS, 'The spool');
    for (const { name, outside, inside } of ports) {
      for (const range of syslog.senders) {
        front.addIngressRule(ec2.Peer.ipv4(range), ec2.Port.tcp(outside), `Senders (${name})`);
      }
      front.addEgressRule(receivers, ec2.Port.tcp(inside), `Receivers (${name})`);
      receivers.addIngressRule(front, ec2.Port.tcp(inside), `Load balancer (${name})`);
    }

    const spool = new Spool(this, 'Spool', { vpc, subnets, users: receivers, receivers: syslog.receivers });
    const keyPrefix = `${account}/${region}/`;
    const taskRole = new iam.Role(this, 'TaskRole', {
      roleName: syslogRoleName(settings, region),
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    });
    for (const statement of [...writeRights(settings, 'syslog', keyPrefix), spool.rights()]) {
      taskRole.addToPolicy(statement);
    }
    const cluster = new ecs.Cluster(this, 'Cluster', {
      clusterName: `${settings.prefix}-syslog`,
      vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/${settings.prefix}/syslog`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const image =
      syslog.image === undefined
        ? ecs.ContainerImage.fromDockerImageAsset(receiverImage(this))
        : ecs.ContainerImage.fromRegistry(syslog.image);
    const certificate = secrets.Secret.fromSecretCompleteArn(this, 'Certificate', syslog.certificateSecretArn);

    const services = spool.folders.map((folder, index) => {
      const definition = new ecs.FargateTaskDefinition(this, `Task${index + 1}`, {
        family: `${settings.prefix}-syslog-${index + 1}`,
        cpu: 512,
        memoryLimitMiB: 1024,
        taskRole,
        volumes: [
          {
            name: 'spool',
            efsVolumeConfiguration: {
              fileSystemId: spool.fileSystem.fileSystemId,
              transitEncryption: 'ENABLED',
              authorizationConfig: { accessPointId: folder.accessPointId, iam: 'ENABLED' },
            },
          },
          { name: 'tls' },
        ],
      });
      const environment: Omit<Given, Secrets> = {
        LOG_BUCKET: logBucketName(settings, 'syslog'),
        LOG_BUCKET_REGION: settings.region,
        KEY_PREFIX: `${keyPrefix}receiver-${index + 1}/`,
        SPOOL_FOLDER: spoolFolder,
        TLS_FOLDER: tlsFolder,
        ...(syslog.senderAuthority !== undefined && { TLS_SENDER_AUTHORITY: syslog.senderAuthority }),
      };
      const container = definition.addContainer('receiver', {
        image,
        environment: { ...environment },
        secrets: {
          TLS_CERTIFICATE: ecs.Secret.fromSecretsManager(certificate, 'certificate'),
          TLS_KEY: ecs.Secret.fromSecretsManager(certificate, 'key'),
        } satisfies Record<Secrets, ecs.Secret>,
        portMappings: ports.map(({ inside }) => ({ containerPort: inside })),
        readonlyRootFilesystem: true,
        stopTimeout: Duration.seconds(120),
        logging: ecs.LogDrivers.awsLogs({ streamPrefix: `receiver-${index + 1}`, logGroup }),
      });
      container.addMountPoints(
        { sourceVolume: 'spool', containerPath: spoolFolder, readOnly: false },
        { sourceVolume: 'tls', containerPath: tlsFolder, readOnly: false },
      );
      const service = new ecs.FargateService(this, `Service${index + 1}`, {
        cluster,
        taskDefinition: definition,
        desiredCount: 1,
        // The old task is told to end before the new one begins. They may still overlap for some seconds (ECS counts a task that is
        // stopping as gone), which the program in them allows for.
        minHealthyPercent: 0,
        maxHealthyPercent: 100,
        // By default ECS would start a second task in another zone before it ends the first.
        availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.DISABLED,
        circuitBreaker: { rollback: true },
        vpcSubnets: subnets,
        securityGroups: [receivers],
        assignPublicIp: false,
      });
      service.node.addDependency(spool);
      return service;
    });

    const balancer = new elb.NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: subnets,
      internetFacing: false,
      crossZoneEnabled: true,
      securityGroups: [front],
      deletionProtection: true,
    });
    const targets = ports.map(({ name, outside, inside }) =>
      // Senders keep connections on which nothing may come for hours. One that the load balancer has forgotten costs the sender its next
      // line; rsyslog.conf keeps them awake besides.
      balancer.addListener(name, { port: outside, tcpIdleTimeout: Duration.seconds(6000) }).addTargets(name, {
        port: inside,
        preserveClientIp: true,
        deregistrationDelay: Duration.seconds(30),
        // Of both by plain TCP: rsyslog would complain in its log of each check that begins no TLS.
        healthCheck: {
          protocol: elb.Protocol.TCP,
          port: String(ports[0].inside),
          interval: Duration.seconds(10),
          healthyThresholdCount: 2,
          unhealthyThresholdCount: 2,
        },
        targets: services.map((service) =>
          service.loadBalancerTarget({ containerName: 'receiver', containerPort: inside }),
        ),
      }),
    );
    this.loadBalancerName = balancer.loadBalancerDnsName;
    this.#alarmOfErrors(settings, logGroup, topic);
    alarmOfReceivers(this, { ...settings, receivers: syslog.receivers, targets: targets[0]!, topic });
  }

  /** Of what the receivers cannot store, or when rsyslog ends. */
  #alarmOfErrors({ prefix }: LogSettings, logGroup: logs.LogGroup, topic: sns.ITopic): void {
    const errors = new logs.MetricFilter(this, 'Errors', {
      logGroup,
      filterPattern: logs.FilterPattern.stringValue('$.level', '=', 'ERROR'),
      metricNamespace: 'Permafrost',
      metricName: 'SyslogErrors',
      metricValue: '1',
    });
    const alarm = new cloudwatch.Alarm(this, 'Failing', {
      alarmName: `${prefix}-syslog-failing`,
      alarmDescription: `A receiver of syslog cannot store what it received, or has ended; lines wait in its spool folder. Log group /${prefix}/syslog.`,
      metric: errors.metric({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    tell(alarm, topic);
  }
}
