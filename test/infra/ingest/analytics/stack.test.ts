import { beforeAll, describe, expect, it } from 'vitest';
import { ingestSchema } from '../../../../infra/ingest/config/schema.ts';
import type { SynthesizedTemplate } from '../../../support/intrinsics.ts';
import { resourcesOf } from '../../stacks/synthesized.ts';
import { settingsWith, synthesizeAnalytics } from './synthesized.ts';

let template: SynthesizedTemplate;
beforeAll(() => {
  template = synthesizeAnalytics();
}, 120_000);

const the = (type: string): Record<string, unknown> => {
  const found = resourcesOf(template, type);
  expect(found).toHaveLength(1);
  return found[0]![1];
};
const idOf = (type: string): string => resourcesOf(template, type)[0]![0];
const group = (begins: string): [string, Record<string, unknown>] =>
  resourcesOf(template, 'AWS::EC2::SecurityGroup').find(([logicalId]) => logicalId.startsWith(begins))!;
interface Container {
  readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly [property: string]: unknown;
}
const containerOf = (of: SynthesizedTemplate): Container =>
  (resourcesOf(of, 'AWS::ECS::TaskDefinition')[0]![1]['ContainerDefinitions'] as Container[])[0]!;
const variable = (of: SynthesizedTemplate, name: string): unknown =>
  containerOf(of).Environment.find((each) => each.Name === name)?.Value;

describe('the one list of addresses', () => {
  it('feeds the security group of the load balancer and nginx', () => {
    const [, balancer] = group('EntranceBalancer');
    expect(balancer['SecurityGroupIngress']).toMatchObject([
      { CidrIp: '198.51.100.0/24', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' },
      { CidrIp: '203.0.113.7/32', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' },
    ]);
    expect(variable(template, 'ALLOWED_CIDRS')).toBe('198.51.100.0/24,203.0.113.7/32');
  });

  it('changes these two and nothing else', () => {
    const other = synthesizeAnalytics({ allowedCidrs: ['192.0.2.0/24'] });
    const changed = Object.entries(other.Resources)
      .filter(([logicalId, resource]) => JSON.stringify(resource) !== JSON.stringify(template.Resources[logicalId]))
      .map(([, { Type }]) => Type);
    expect(changed.toSorted()).toEqual(['AWS::EC2::SecurityGroup', 'AWS::ECS::TaskDefinition']);
    expect(Object.keys(other.Resources)).toEqual(Object.keys(template.Resources));
  });

  it.each([
    ['no range', []],
    ['an address without a length', ['192.0.2.1']],
    ['everybody', ['0.0.0.0/0']],
    ['half of everybody', ['0.0.0.0/1']],
    ['IPv6, which the load balancer does not speak', ['2001:db8::/32']],
    ['a number above 255', ['192.0.256.0/24']],
    ['one twice', ['192.0.2.0/24', '192.0.2.0/24']],
    ['more than ten', Array.from({ length: 11 }, (_, index) => `192.0.2.${index}/32`)],
  ])('is refused with %s', (_, allowedCidrs) => {
    expect(ingestSchema.safeParse(settingsWith({ allowedCidrs })).success).toBe(false);
  });

  it.each([
    ['198.51.100.7/24', '198.51.100.0/24'],
    ['10.255.255.255/8', '10.0.0.0/8'],
    ['223.255.255.131/25', '223.255.255.128/25'],
    ['192.0.2.1/31', '192.0.2.0/31'],
  ])('is refused with %s, an address in the range %s', (given, range) => {
    const { error } = ingestSchema.safeParse(settingsWith({ allowedCidrs: ['192.0.2.1/32', given] }));
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['analytics.allowedCidrs.1']);
    expect(error?.issues[0]?.message).toContain(`the range is ${range}, the address alone ${given.split('/')[0]!}/32`);
    expect(ingestSchema.safeParse(settingsWith({ allowedCidrs: [range] })).success).toBe(true);
  });
});

describe('the way in', () => {
  it('ends TLS at the load balancer, which adds the address that it saw', () => {
    expect(the('AWS::ElasticLoadBalancingV2::Listener')).toMatchObject({
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
      Certificates: [{ CertificateArn: expect.stringMatching(/^arn:aws:acm:/) as string }],
    });
    const { Type, LoadBalancerAttributes } = the('AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(Type).toBe('application');
    expect(LoadBalancerAttributes).toEqual(
      expect.arrayContaining([
        { Key: 'routing.http.xff_header_processing.mode', Value: 'append' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
      ]),
    );
    expect(the('AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({ HealthCheckPath: '/healthz' });
  });

  it('has the load balancer wait longer than the proxy for the domain, and close idle connections before it', () => {
    const { LoadBalancerAttributes } = the('AWS::ElasticLoadBalancingV2::LoadBalancer');
    const attributes = LoadBalancerAttributes as { Key: string; Value: unknown }[];
    const idle = Number(attributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')!.Value);
    const seconds = (directive: string): number =>
      Number(new RegExp(` ${directive} (\\d+)s;`).exec(String(variable(template, 'NGINX_CONFIGURATION')))![1]);
    expect(idle).toBeGreaterThan(seconds('proxy_read_timeout'));
    expect(idle).toBeLessThan(seconds('keepalive_timeout'));
  });

  it('is nginx as its makers published it, by digest, told by its environment', () => {
    const container = containerOf(template);
    expect(container['Image']).toMatch(/nginx:[\d.]+-alpine@sha256:[0-9a-f]{64}$/);
    expect(container).toMatchObject({ ReadonlyRootFilesystem: true, EntryPoint: ['/bin/sh'] });
    expect(container['Command']).toEqual(['-c', expect.stringContaining('nginx.conf') as string]);
    expect(variable(template, 'NGINX_CONFIGURATION')).toContain('location /_dashboards');
    expect(variable(template, 'UPSTREAM_HOST')).toEqual({
      'Fn::GetAtt': [idOf('AWS::OpenSearchService::Domain'), 'DomainEndpoint'],
    });
    expect(variable(template, 'BALANCER_CIDRS')).toEqual({
      'Fn::GetAtt': [idOf('Custom::AnalyticsGroundwork'), 'SubnetCidrs'],
    });
    // ECS takes no larger definition.
    expect(JSON.stringify(container).length).toBeLessThan(60_000);
  });

  it('lets only the load balancer to the proxy, and only proxy and indexer to the domain', () => {
    const rules = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').map(([, rule]) => rule);
    const into = (begins: string): unknown[] =>
      rules
        .filter(({ GroupId }) => JSON.stringify(GroupId).includes(group(begins)[0]))
        .map(({ SourceSecurityGroupId, FromPort }) => [
          (SourceSecurityGroupId as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0],
          FromPort,
        ]);
    expect(into('EntranceProxy')).toEqual([[group('EntranceBalancer')[0], 8080]]);
    expect(into('DomainSecurityGroup').toSorted()).toEqual(
      [
        [group('EntranceProxy')[0], 443],
        [group('IndexerSecurityGroup')[0], 443],
      ].toSorted(),
    );
    for (const begins of ['EntranceProxy', 'DomainSecurityGroup', 'IndexerSecurityGroup']) {
      expect(group(begins)[1]['SecurityGroupIngress']).toBeUndefined();
    }
  });

  it('is named in the outputs', () => {
    expect(JSON.stringify(template.Outputs?.['DashboardsUrl']?.Value)).toContain('/_dashboards');
    expect(Object.keys(template.Outputs ?? {})).toEqual(
      expect.arrayContaining(['LoadBalancerName', 'MasterUserSecret', 'IndexerRoleArn', 'FailedEventsBucket']),
    );
  });
});

describe('the domain', () => {
  it('is encrypted, in the VPC, with fine-grained access control by an internal user', () => {
    const secret = idOf('AWS::SecretsManager::Secret');
    const fromSecret = (field: string): object => ({
      'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: secret }, `:SecretString:${field}::}}`]],
    });
    expect(the('AWS::OpenSearchService::Domain')).toMatchObject({
      EncryptionAtRestOptions: { Enabled: true },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: { EnforceHTTPS: true, TLSSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
      VPCOptions: { SubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'] },
      AdvancedSecurityOptions: {
        Enabled: true,
        InternalUserDatabaseEnabled: true,
        MasterUserOptions: { MasterUserName: fromSecret('username'), MasterUserPassword: fromSecret('password') },
      },
    });
  });

  it('admits requests that are not signed: users log on by password', () => {
    expect(the('AWS::OpenSearchService::Domain')['AccessPolicies']).toMatchObject({
      Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'es:ESHttp*' }],
    });
  });

  it('comes after the service-linked roles, and stays when the stack goes', () => {
    const domain = template.Resources[idOf('AWS::OpenSearchService::Domain')] as unknown as {
      DependsOn: string[];
      DeletionPolicy: string;
    };
    expect(domain.DependsOn).toContain(idOf('Custom::AnalyticsGroundwork'));
    expect(domain.DeletionPolicy).toBe('Retain');
    expect(the('Custom::AnalyticsGroundwork')['Services']).toContain('opensearchservice.amazonaws.com');
  });
});

describe('the trail', () => {
  it('covers all regions and goes to the log group that the indexer is subscribed to', () => {
    const logGroup = resourcesOf(template, 'AWS::Logs::LogGroup').find(
      ([, { LogGroupName }]) => LogGroupName === '/permafrost/analytics/cloudtrail',
    )![0];
    expect(the('AWS::CloudTrail::Trail')).toMatchObject({
      IsLogging: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
      CloudWatchLogsLogGroupArn: { 'Fn::GetAtt': [logGroup, 'Arn'] },
    });
    const filter = the('AWS::Logs::SubscriptionFilter');
    expect(filter).toMatchObject({ LogGroupName: { Ref: logGroup }, FilterPattern: '' });
    const [functionId, indexer] = resourcesOf(template, 'AWS::Lambda::Function').find(([, { FunctionName }]) =>
      String(FunctionName).endsWith('index-cloudwatch-logs'),
    )!;
    expect(filter['DestinationArn']).toEqual({ 'Fn::GetAtt': [functionId, 'Arn'] });
    expect(indexer['VpcConfig']).toMatchObject({ SubnetIds: expect.any(Array) as unknown });
    expect(JSON.stringify(indexer['Environment'])).toContain('AWS_ENDPOINT_URL_S3');
  });

  it('alone may write its bucket, and the load balancer alone that of its access logs', () => {
    const policies = resourcesOf(template, 'AWS::S3::BucketPolicy').flatMap(
      ([, { PolicyDocument }]) =>
        (
          PolicyDocument as {
            Statement: { Effect: string; Principal: { Service: string }; Condition?: object; Resource: unknown }[];
          }
        ).Statement,
    );
    const allowing = policies.filter(({ Effect }) => Effect === 'Allow');
    const by = (service: string): typeof allowing => allowing.filter(({ Principal }) => Principal.Service === service);
    const trail = by('cloudtrail.amazonaws.com');
    expect(trail).toHaveLength(2);
    for (const { Condition } of trail) expect(JSON.stringify(Condition)).toContain('aws:SourceArn');
    const balancer = by('logdelivery.elasticloadbalancing.amazonaws.com');
    expect(balancer).toHaveLength(1);
    expect(JSON.stringify(balancer[0]!.Resource)).toContain('/AWSLogs/222233334444/*');
    // The service is not documented to send any.
    expect(balancer[0]!.Condition).toBeUndefined();
    expect(allowing).toHaveLength(3);
    expect(JSON.stringify(allowing)).not.toMatch(/s3:Delete|s3:\*/);
  });
});
