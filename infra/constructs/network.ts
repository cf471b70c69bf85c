import { aws_ec2 as ec2 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config/schema.ts';

/** Where functions and container tasks run. */
export interface Network {
  readonly vpc: ec2.IVpc;
  readonly taskSubnetIds: readonly string[];
  readonly taskSecurityGroupId: string;
  /** True in public subnets, where there is no other way to the registry. */
  readonly assignPublicIp: boolean;
  /** Placement of functions; none outside a VPC. */
  readonly functions?: {
    readonly vpc: ec2.IVpc;
    readonly vpcSubnets: ec2.SubnetSelection;
    readonly securityGroups: ec2.ISecurityGroup[];
  };
}

/** The subnets that the settings name, or a small public VPC for the container tasks alone. */
export const network = (scope: Construct, settings: Settings['network']): Network =>
  settings ? existingNetwork(scope, settings) : ownNetwork(scope);

/** For a stack of functions alone, in the subnets that the settings name. Endpoints are those that are there. */
export function functionNetwork(scope: Construct, settings: Settings['network']): Pick<Network, 'functions'> {
  if (!settings) return {};
  return { functions: placeOfFunctions(scope, existingVpc(scope, settings)) };
}

/** No NAT gateway (its price for each GiB would exceed that of storage), and the way to S3 costs nothing. */
function ownNetwork(scope: Construct): Network {
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr('10.99.0.0/24'),
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Tasks', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 26 }],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    restrictDefaultSecurityGroup: false,
  });
  return {
    vpc,
    taskSubnetIds: vpc.publicSubnets.map(({ subnetId }) => subnetId),
    taskSecurityGroupId: outwardOnly(scope, 'TaskSecurityGroup', vpc).securityGroupId,
    assignPublicIp: true,
  };
}

function existingNetwork(scope: Construct, settings: NonNullable<Settings['network']>): Network {
  const vpc = existingVpc(scope, settings);
  const tasks = outwardOnly(scope, 'TaskSecurityGroup', vpc);
  const functions = placeOfFunctions(scope, vpc);
  if (settings.createEndpoints) createEndpoints(scope, vpc, [tasks, ...functions.securityGroups]);
  return {
    vpc,
    taskSubnetIds: settings.subnetIds,
    taskSecurityGroupId: tasks.securityGroupId,
    assignPublicIp: false,
    functions,
  };
}

const existingVpc = (
  scope: Construct,
  { vpcId, subnetIds, availabilityZones, routeTableIds }: NonNullable<Settings['network']>,
): ec2.IVpc =>
  ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    availabilityZones,
    privateSubnetIds: subnetIds,
    ...(routeTableIds && { privateSubnetRouteTableIds: routeTableIds }),
  });

const placeOfFunctions = (scope: Construct, vpc: ec2.IVpc): NonNullable<Network['functions']> => ({
  vpc,
  vpcSubnets: { subnets: vpc.privateSubnets },
  securityGroups: [outwardOnly(scope, 'FunctionSecurityGroup', vpc)],
});

/** HTTPS outwards, nothing inwards. */
function outwardOnly(scope: Construct, id: string, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, id, {
    vpc,
    allowAllOutbound: false,
    description: `${id}: HTTPS outwards`,
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'The cluster and the AWS services');
  return group;
}

const interfaceEndpoints = {
  RegistryApi: ec2.InterfaceVpcEndpointAwsService.ECR,
  RegistryImages: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Keys: ec2.InterfaceVpcEndpointAwsService.KMS,
  Secrets: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Notifications: ec2.InterfaceVpcEndpointAwsService.SNS,
  Containers: ec2.InterfaceVpcEndpointAwsService.ECS,
  Workflows: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
};

function createEndpoints(scope: Construct, vpc: ec2.IVpc, users: readonly ec2.ISecurityGroup[]): void {
  const subnets = { subnets: vpc.privateSubnets };
  new ec2.GatewayVpcEndpoint(scope, 'StorageEndpoint', {
    vpc,
    service: ec2.GatewayVpcEndpointAwsService.S3,
    subnets: [subnets],
  });
  const securityGroup = new ec2.SecurityGroup(scope, 'EndpointSecurityGroup', {
    vpc,
    allowAllOutbound: false,
    description: 'EndpointSecurityGroup: HTTPS from functions and tasks',
  });
  for (const user of users) securityGroup.addIngressRule(user, ec2.Port.HTTPS, 'Functions and tasks');
  for (const [name, service] of Object.entries(interfaceEndpoints)) {
    new ec2.InterfaceVpcEndpoint(scope, `${name}Endpoint`, {
      vpc,
      service,
      subnets,
      securityGroups: [securityGroup],
      open: false,
    });
  }
}
