import { CfnCondition, CfnParameter, Fn, Token, type Stack, type aws_ec2 as ec2 } from 'aws-cdk-lib';
import { cidrPattern, mostCidrs, type AnalyticsSettings } from '../config/analytics.ts';

/** What a deployment is told: from the settings file, or by who fills in the form of the console. */
export interface Inputs extends Pick<
  AnalyticsSettings,
  'prefix' | 'vpcId' | 'certificateArn' | 'trailName' | 'logGroupName' | 'instanceType' | 'volumeGiB' | 'emails'
> {
  readonly subnetIds: readonly [string, string];
  /** Comma-separated, for the proxy. */
  readonly allowedCidrs: string;
  /** The same ranges, for the load balancer's security group. */
  readonly allowedIngress: readonly ec2.CfnSecurityGroup.IngressProperty[];
}

export const inputsOf = (settings: AnalyticsSettings): Inputs => ({
  ...settings,
  subnetIds: [settings.subnetIds[0]!, settings.subnetIds[1]!],
  allowedCidrs: settings.allowedCidrs.join(','),
  allowedIngress: settings.allowedCidrs.map(ingress),
});

/**
 * The parameters of the template for the console. A rule of a security group cannot be made for each part of a list, so there are ten
 * of them, and those without a part are left out.
 */
export function parametersOf(
  stack: Stack,
  defaults: Pick<AnalyticsSettings, 'prefix' | 'trailName' | 'logGroupName' | 'instanceType' | 'volumeGiB'>,
): Inputs {
  const parameter = (name: string, type: string, description: string, more: object = {}): CfnParameter =>
    new CfnParameter(stack, name, { type, description, ...more });
  const cidrs = parameter(
    'AllowedCidr',
    'String',
    `Who may open Dashboards: a range of IPv4 addresses, or up to ${mostCidrs}, separated by commas without spaces`,
    {
      allowedPattern: `^${cidrPattern}(,${cidrPattern}){0,${mostCidrs - 1}}$`,
      constraintDescription: `must be 1 to ${mostCidrs} ranges of /8 or smaller: 198.51.100.0/24,203.0.113.7/32`,
    },
  ).valueAsString;
  const certificateArn = parameter('CertificateArn', 'String', 'Certificate of ACM in this region', {
    allowedPattern: '^arn:aws[a-z-]*:acm:[a-z0-9-]+:\\d{12}:certificate/[A-Za-z0-9-]+$',
  }).valueAsString;
  const vpcId = parameter('VpcId', 'AWS::EC2::VPC::Id', 'VPC of all that is made').valueAsString;
  const subnets = parameter(
    'SubnetIds',
    'List<AWS::EC2::Subnet::Id>',
    'Two public subnets of the VPC, in different zones',
  ).valueAsList;
  const trailName = parameter('CloudTrailName', 'String', 'Name of the trail that is made', {
    default: defaults.trailName,
    allowedPattern: '^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$',
  }).valueAsString;
  const logGroupName = parameter('LogGroupName', 'String', 'Name of the log group that is made for the trail', {
    default: defaults.logGroupName,
    allowedPattern: '^[A-Za-z0-9_./#-]{1,512}$',
  }).valueAsString;
  parameter('AssetBucket', 'String', 'Bucket of this region that holds the .zip files beside this template', {
    allowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  });

  // Empty parts after the last: each of the ten can be asked for.
  const parts = Fn.split(',', Fn.join('', [cidrs, ','.repeat(mostCidrs)]));
  const allowedIngress = Array.from({ length: mostCidrs }, (_, index) => {
    const range = Fn.select(index, parts);
    if (index === 0) return ingress(range);
    const isGiven = new CfnCondition(stack, `HasCidr${index + 1}`, {
      expression: Fn.conditionNot(Fn.conditionEquals(range, '')),
    });
    const rule = Fn.conditionIf(isGiven.logicalId, fromCloudFormation(ingress(range)), { Ref: 'AWS::NoValue' });
    return Token.asAny(rule) as unknown as ec2.CfnSecurityGroup.IngressProperty;
  });
  return {
    ...{ ...defaults, emails: [], vpcId, certificateArn, trailName, logGroupName },
    subnetIds: [Fn.select(0, subnets), Fn.select(1, subnets)],
    allowedCidrs: cidrs,
    allowedIngress,
  };
}

const ingress = (cidrIp: string): ec2.CfnSecurityGroup.IngressProperty => ({
  cidrIp,
  ipProtocol: 'tcp',
  fromPort: 443,
  toPort: 443,
  description: 'Allowed to open Dashboards',
});

/** Names of properties as in a template: what stands in a condition is not translated. */
const fromCloudFormation = (rule: ec2.CfnSecurityGroup.IngressProperty): object => ({
  CidrIp: rule.cidrIp,
  IpProtocol: rule.ipProtocol,
  FromPort: rule.fromPort,
  ToPort: rule.toPort,
  Description: rule.description,
});
