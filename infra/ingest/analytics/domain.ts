import { RemovalPolicy, Stack, Validations, aws_ec2 as ec2, aws_logs as logs } from 'aws-cdk-lib';
import { aws_opensearchservice as opensearch, aws_secretsmanager as secrets } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface DomainProps {
  readonly domainName: string;
  readonly vpc: ec2.IVpc;
  readonly subnetIds: readonly [string, string];
  readonly instanceType: string;
  readonly volumeGiB: number;
}

const masterUser = 'admin';

export const domainName = (prefix: string): string => `${prefix}-trail`;

/** The domain: in the VPC, encrypted, with fine-grained access control by users of its own. */
export class Domain extends Construct {
  readonly resource: opensearch.CfnDomain;
  readonly securityGroup: ec2.SecurityGroup;
  /** `{"username": ..., "password": ...}` of the administrator. */
  readonly secret: secrets.Secret;
  /** Without https://. */
  readonly hostName: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: DomainProps) {
    super(scope, id);
    const { vpc, subnetIds, instanceType, volumeGiB } = props;
    const stack = Stack.of(this);
    this.arn = stack.formatArn({ service: 'es', resource: 'domain', resourceName: props.domainName });
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'The domain: HTTPS from the proxy and the indexer',
    });
    this.secret = new secrets.Secret(this, 'MasterUser', {
      description: `Administrator of the domain ${props.domainName}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: masterUser }),
        generateStringKey: 'password',
        passwordLength: 32,
        requireEachIncludedType: true,
        // What shells, URLs and JSON give a meaning to.
        excludeCharacters: '"\'\\/`$&|;<>(){}[]*?~#%:@ ',
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { names, policy } = this.#logs(props.domainName);
    this.resource = new opensearch.CfnDomain(this, 'Resource', {
      domainName: props.domainName,
      engineVersion: 'OpenSearch_2.19',
      clusterConfig: {
        instanceType,
        instanceCount: 2,
        zoneAwarenessEnabled: true,
        zoneAwarenessConfig: { availabilityZoneCount: 2 },
      },
      ebsOptions: { ebsEnabled: true, volumeType: 'gp3', volumeSize: volumeGiB },
      encryptionAtRestOptions: { enabled: true },
      nodeToNodeEncryptionOptions: { enabled: true },
      domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
      vpcOptions: { subnetIds: [...subnetIds], securityGroupIds: [this.securityGroup.securityGroupId] },
      advancedSecurityOptions: {
        enabled: true,
        internalUserDatabaseEnabled: true,
        masterUserOptions: {
          masterUserName: this.secret.secretValueFromJson('username').unsafeUnwrap(),
          masterUserPassword: this.secret.secretValueFromJson('password').unsafeUnwrap(),
        },
      },
      // Whom the network lets in may ask without a signature: fine-grained access control then wants a user and password, or the
      // signature of a role that it knows.
      accessPolicies: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'es:ESHttp*', Resource: `${this.arn}/*` }],
      },
      logPublishingOptions: Object.fromEntries(
        Object.entries(names).map(([kind, cloudWatchLogsLogGroupArn]) => [
          kind,
          { enabled: true, cloudWatchLogsLogGroupArn },
        ]),
      ),
      softwareUpdateOptions: { autoSoftwareUpdateEnabled: true },
      offPeakWindowOptions: { enabled: true },
    });
    this.resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.resource.addResourceDependency(policy);
    this.hostName = this.resource.attrDomainEndpoint;
    this.#acknowledge();
  }

  #logs(name: string): { names: Record<string, string>; policy: logs.CfnResourcePolicy } {
    const { account } = Stack.of(this);
    const groups = ['ES_APPLICATION_LOGS', 'SEARCH_SLOW_LOGS', 'INDEX_SLOW_LOGS', 'AUDIT_LOGS'].map((kind) => {
      const part = kind.toLowerCase().replaceAll('_', '-');
      const group = new logs.LogGroup(this, kind.replaceAll('_', ''), {
        logGroupName: `/permafrost/${name}/${part}`,
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      return [kind, group.logGroupArn] as const;
    });
    const policy = new logs.CfnResourcePolicy(this, 'LogPolicy', {
      policyName: `${name}-logs`,
      policyDocument: Stack.of(this).toJsonString({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'es.amazonaws.com' },
            Action: ['logs:PutLogEvents', 'logs:CreateLogStream'],
            Resource: groups.map(([, arn]) => arn),
            Condition: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': this.arn } },
          },
        ],
      }),
    });
    return { names: Object.fromEntries(groups), policy };
  }

  #acknowledge(): void {
    const ofDomain = Validations.of(this.resource);
    ofDomain.acknowledge({
      id: 'AwsSolutions-OS3',
      reason:
        'The domain has no public address: its security group lets in the proxy and the indexer, and nobody else.',
    });
    ofDomain.acknowledge({
      id: 'AwsSolutions-OS4',
      reason: 'Two data nodes of one small domain; dedicated masters would more than double its price.',
    });
    ofDomain.acknowledge({
      id: 'AwsSolutions-OS5',
      reason:
        'People log on with user and password through Dashboards; fine-grained access control refuses who has neither these nor a known role.',
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'The domain takes the password at a deployment only: rotated by itself, the secret would name one that is not valid.',
    });
  }
}
