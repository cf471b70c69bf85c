import { Stack, Validations, aws_ec2 as ec2, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Notifications } from '../../constructs/notifications.ts';
import { output } from '../../constructs/output.ts';
import { Domain, domainName } from '../analytics/domain.ts';
import { Entrance } from '../analytics/entrance.ts';
import { Groundwork } from '../analytics/groundwork.ts';
import type { Inputs } from '../analytics/inputs.ts';
import { StorageEndpoint } from '../analytics/storage-endpoint.ts';
import { Trail } from '../analytics/trail.ts';
import { CloudwatchIndexer } from '../cloudwatch-indexer.ts';

/**
 * The analytics of CloudTrail in one stack: trail -> log group -> `index-cloudwatch-logs` -> domain <- proxy <- load balancer <- whoever
 * the list allows.
 */
export class AnalyticsStack extends Stack {
  /** @param inputs what it is told; a function, where that is asked by parameters of this stack */
  constructor(scope: Construct, id: string, inputs: Inputs | ((stack: Stack) => Inputs), props: StackProps) {
    super(scope, id, props);
    const given = typeof inputs === 'function' ? inputs(this) : inputs;
    const { prefix, vpcId, subnetIds } = given;
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      // Nothing here asks in which zones they are, but CDK wants as many names.
      availabilityZones: ['one', 'other'],
      privateSubnetIds: [...subnetIds],
    });
    for (const subnet of vpc.privateSubnets) {
      Validations.of(subnet).acknowledge({
        id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
        reason: 'Nothing is routed here.',
      });
    }
    const groundwork = new Groundwork(this, 'Groundwork', { prefix, subnetIds });
    const domain = new Domain(this, 'Domain', { ...given, domainName: domainName(prefix), vpc });
    domain.resource.node.addDependency(groundwork);
    const entrance = new Entrance(this, 'Entrance', {
      inputs: given,
      vpc,
      domain,
      subnetCidrs: groundwork.subnetCidrs,
    });

    const { topic } = new Notifications(this, 'Notifications', {
      topicName: `${prefix}-analytics-notifications`,
      emails: given.emails,
    });
    const trail = new Trail(this, 'Trail', given);
    const functions = new ec2.SecurityGroup(this, 'IndexerSecurityGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'The indexer: HTTPS outwards',
    });
    functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'The domain, and the bucket of failed events');
    domain.securityGroup.addIngressRule(functions, ec2.Port.HTTPS, 'From the indexer');
    const indexer = new CloudwatchIndexer(this, 'Indexer', {
      prefix: `${prefix}-analytics`,
      domain: { endpoint: `https://${domain.hostName}`, arn: domain.arn },
      logGroupNames: [trail.logGroupName],
      topic,
      network: {
        functions: { vpc, vpcSubnets: { subnets: vpc.privateSubnets }, securityGroups: [functions] },
      },
    });
    new StorageEndpoint(this, 'StorageEndpoint', {
      ...{ vpcId, subnetIds, vpc },
      user: functions,
      bucket: indexer.bucket,
    }).usedBy(indexer.function);

    output(this, 'DashboardsUrl', `https://${entrance.hostName}/_dashboards`);
    output(this, 'LoadBalancerName', entrance.hostName);
    output(this, 'MasterUserSecret', domain.secret.secretArn);
    output(this, 'IndexerRoleArn', indexer.role.roleArn);
    output(this, 'FailedEventsBucket', indexer.bucket.bucketName);
    output(this, 'AnalyticsNotificationsTopic', topic.topicArn);
  }
}
