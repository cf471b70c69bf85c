import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../infra/config/read.ts';
import type { Settings } from '../../../infra/config/schema.ts';
import { network, type Network } from '../../../infra/constructs/network.ts';
import type { SynthesizedTemplate } from '../../support/intrinsics.ts';
import { resourcesOf } from './synthesized.ts';

const { settings } = await readConfiguration('infra/config/example.json');

function made(of: Settings['network']): { place: Network; template: Template } {
  const stack = new Stack(new App(), 'network');
  const place = network(stack, of);
  return { place, template: Template.fromStack(stack) };
}

describe('without a network in the settings', () => {
  const { place, template } = made(undefined);

  it('tasks run in public subnets of a small VPC, without a NAT gateway', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.resourceCountIs('AWS::EC2::Subnet', 2);
    expect(place.assignPublicIp).toBe(true);
    expect(place.taskSubnetIds).toHaveLength(2);
  });

  it('functions run outside the VPC', () => {
    expect(place.functions).toBeUndefined();
  });

  it('the way to S3 is the gateway endpoint', () => {
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  it('nothing comes in, and only HTTPS goes out', () => {
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    for (const [, group] of resourcesOf(template.toJSON() as SynthesizedTemplate, 'AWS::EC2::SecurityGroup')) {
      expect(group).not.toHaveProperty('SecurityGroupIngress');
      expect(group['SecurityGroupEgress']).toMatchObject([{ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }]);
    }
  });
});

describe('with subnets in the settings', () => {
  it('functions and tasks run in them, without public addresses, and nothing is made but what is asked for', () => {
    const { place, template } = made({ ...settings.network!, createEndpoints: false });
    expect(place.taskSubnetIds).toEqual(settings.network!.subnetIds);
    expect(place.assignPublicIp).toBe(false);
    expect(place.functions).toBeDefined();
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 0);
  });

  it('endpoints are made when asked for, open to functions and tasks only', () => {
    const { template } = made(settings.network);
    const endpoints = resourcesOf(template.toJSON() as SynthesizedTemplate, 'AWS::EC2::VPCEndpoint');
    const services = endpoints.map(([, { ServiceName }]) => JSON.stringify(ServiceName));
    for (const service of ['s3', 'ecr.api', 'ecr.dkr', 'logs', 'kms', 'secretsmanager', 'sns', 'ecs', 'states']) {
      expect(
        services.some((name) => name.includes(`.${service}"`)),
        service,
      ).toBe(true);
    }
    expect(services).toHaveLength(9);
    for (const { Properties } of Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'))) {
      expect(Properties).toMatchObject({ FromPort: 443, ToPort: 443 });
      expect(Properties).toHaveProperty('SourceSecurityGroupId');
    }
  });
});
