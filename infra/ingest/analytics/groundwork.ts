import { CustomResource, Duration, Stack, aws_iam as iam, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from '../../constructs/statements.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import { groundworkSource } from './groundwork-function.ts';

/** The services that act in the account by a role of their own. CloudFormation can make such a role, but fails where it exists. */
const services = ['opensearchservice', 'ecs', 'elasticloadbalancing'].map((name) => `${name}.amazonaws.com`);

export interface GroundworkProps {
  readonly prefix: string;
  readonly subnetIds: readonly string[];
}

/** What must be there before the rest, and must be known: the service-linked roles, and the address ranges of the subnets. */
export class Groundwork extends Construct {
  /** Comma-separated. */
  readonly subnetCidrs: string;

  constructor(scope: Construct, id: string, { prefix, subnetIds }: GroundworkProps) {
    super(scope, id);
    const { partition, account } = Stack.of(this);
    const functionName = `${prefix}-analytics-groundwork`;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const roles = `arn:${partition}:iam::${account}:role/aws-service-role`;
    for (const right of [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      allow(
        ['iam:CreateServiceLinkedRole'],
        services.map((service) => `${roles}/${service}/*`),
        { StringEquals: { 'iam:AWSServiceName': services } },
      ),
      allow(['ec2:DescribeSubnets'], ['*']),
    ]) {
      role.addToPolicy(right);
    }
    const worker = new lambda.Function(this, 'Function', {
      functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromInline(groundworkSource),
      timeout: Duration.seconds(120),
      role,
      logGroup,
    });
    const resource = new CustomResource(this, 'Resource', {
      serviceToken: worker.functionArn,
      resourceType: 'Custom::AnalyticsGroundwork',
      serviceTimeout: Duration.minutes(5),
      properties: { SubnetIds: [...subnetIds], Services: services },
    });
    // It must not be called before it may do its work.
    resource.node.addDependency(role, logGroup);
    this.subnetCidrs = resource.getAttString('SubnetCidrs');

    for (const service of services) {
      acknowledgeWildcard(role, `${roles}/${service}/*`, 'The service itself names its role.');
    }
    acknowledgeWildcard(role, '*', 'ec2:DescribeSubnets has no resources to name.');
  }
}
