/** Management events as CloudTrail records them ("CloudTrail record contents", AWS CloudTrail User Guide). */
import { midnight, momentsOf } from './day.ts';
import { seededRandom, type Random } from './random.ts';

export interface CloudTrailEvent {
  readonly '@timestamp': string;
  readonly log_type: 'cloudtrail';
  readonly eventVersion: '1.11';
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Readonly<Record<string, unknown>> | null;
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly eventType: 'AwsApiCall';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly eventCategory: 'Management';
  readonly tlsDetails: Readonly<Record<string, string>>;
}

const account = '111122223333';
const regions = [
  ['eu-central-1', 70],
  ['eu-west-1', 20],
  ['us-east-1', 10],
] as const;
const roles = ['DeployPipeline', 'OrderService', 'ReportingJob', 'AdministratorAccess', 'BackupOperator'] as const;
const people = ['a.novak', 'b.lindqvist', 'c.moreau', 'd.okafor', 'e.tanaka'] as const;

interface Call {
  readonly source: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly parameters: (random: Random, region: string) => Record<string, unknown> | null;
  readonly response?: (random: Random, region: string) => Record<string, unknown>;
}

const instance = (random: Random): string => `i-0${random.hex(16)}`;
const bucket = (random: Random): string => `example-${random.pick(['orders', 'reports', 'logs', 'media'])}-${account}`;

const calls: readonly (readonly [Call, number])[] = [
  [
    {
      source: 'sts',
      name: 'AssumeRole',
      readOnly: true,
      parameters: (random) => ({
        roleArn: `arn:aws:iam::${account}:role/${random.pick(roles)}`,
        roleSessionName: `session-${random.hex(8)}`,
        durationSeconds: 3600,
      }),
      response: (random) => ({
        assumedRoleUser: {
          assumedRoleId: `AROA${random.alphanumeric(17)}`,
          arn: `arn:aws:sts::${account}:assumed-role/OrderService/${random.hex(8)}`,
        },
      }),
    },
    30,
  ],
  [
    {
      source: 'ec2',
      name: 'DescribeInstances',
      readOnly: true,
      parameters: (random) => ({ instancesSet: { items: [{ instanceId: instance(random) }] }, filterSet: {} }),
    },
    18,
  ],
  [
    {
      source: 's3',
      name: 'GetBucketAcl',
      readOnly: true,
      parameters: (random, region) => ({ bucketName: bucket(random), Host: `s3.${region}.amazonaws.com`, acl: '' }),
    },
    10,
  ],
  [
    {
      source: 's3',
      name: 'PutBucketPolicy',
      readOnly: false,
      parameters: (random, region) => ({
        bucketName: bucket(random),
        Host: `s3.${region}.amazonaws.com`,
        policy: '',
        bucketPolicy: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Deny', Principal: '*', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          ],
        },
      }),
    },
    1,
  ],
  [
    {
      source: 'kms',
      name: 'GenerateDataKey',
      readOnly: true,
      parameters: (random, region) => ({
        keyId: `arn:aws:kms:${region}:${account}:key/${random.uuid()}`,
        keySpec: 'AES_256',
        encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${bucket(random)}` },
      }),
    },
    22,
  ],
  [
    {
      source: 'dynamodb',
      name: 'DescribeTable',
      readOnly: true,
      parameters: (random) => ({ tableName: random.pick(['orders', 'baskets', 'customers']) }),
    },
    8,
  ],
  [
    {
      source: 'ec2',
      name: 'RunInstances',
      readOnly: false,
      parameters: (random) => ({
        instancesSet: { items: [{ imageId: `ami-0${random.hex(16)}`, minCount: 1, maxCount: 1 }] },
        instanceType: random.pick(['m7g.large', 'c7g.xlarge', 't4g.small']),
        monitoring: { enabled: true },
      }),
      response: (random) => ({
        instancesSet: { items: [{ instanceId: instance(random), instanceState: { code: 0, name: 'pending' } }] },
      }),
    },
    2,
  ],
  [
    {
      source: 'iam',
      name: 'CreateAccessKey',
      readOnly: false,
      parameters: (random) => ({ userName: random.pick(people) }),
      response: (random) => ({
        accessKey: { userName: random.pick(people), accessKeyId: `AKIA${random.alphanumeric(16)}`, status: 'Active' },
      }),
    },
    0.5,
  ],
  [
    {
      source: 'logs',
      name: 'CreateLogStream',
      readOnly: false,
      parameters: (random) => ({
        logGroupName: `/aws/lambda/${random.pick(['orders', 'billing', 'mailer'])}`,
        logStreamName: `[$LATEST]${random.hex(32)}`,
      }),
    },
    8.5,
  ],
];

function identity(time: string, random: Random): Record<string, unknown> {
  const accessKeyId = `ASIA${random.alphanumeric(16)}`;
  const role = random.pick(roles);
  const principal = `AROA${random.alphanumeric(17)}`;
  return random.weighted<() => Record<string, unknown>>([
    [
      () => ({
        type: 'AssumedRole',
        principalId: `${principal}:${random.hex(8)}`,
        arn: `arn:aws:sts::${account}:assumed-role/${role}/${random.hex(8)}`,
        accountId: account,
        accessKeyId,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: principal,
            arn: `arn:aws:iam::${account}:role/${role}`,
            accountId: account,
            userName: role,
          },
          attributes: { creationDate: `${time.slice(0, 13)}:00:00Z`, mfaAuthenticated: 'false' },
        },
      }),
      80,
    ],
    [
      () => {
        const userName = random.pick(people);
        return {
          type: 'IAMUser',
          principalId: `AIDA${random.alphanumeric(17)}`,
          arn: `arn:aws:iam::${account}:user/${userName}`,
          accountId: account,
          accessKeyId: `AKIA${random.alphanumeric(16)}`,
          userName,
        };
      },
      8,
    ],
    [
      () => ({
        type: 'AWSService',
        invokedBy: random.pick(['ec2.amazonaws.com', 'lambda.amazonaws.com', 'ecs-tasks.amazonaws.com']),
      }),
      12,
    ],
  ])();
}

export function cloudTrailEvent(milliseconds: number, random: Random): CloudTrailEvent {
  const timestamp = new Date(milliseconds).toISOString();
  // CloudTrail's own times have no fraction.
  const eventTime = `${timestamp.slice(0, 19)}Z`;
  const call = random.weighted(calls);
  const awsRegion = random.weighted(regions);
  const denied = random.next() < 0.02;
  const userIdentity = identity(eventTime, random);
  const service = typeof userIdentity['invokedBy'] === 'string' ? userIdentity['invokedBy'] : undefined;
  const parameters = call.parameters(random, awsRegion);
  return {
    '@timestamp': timestamp,
    log_type: 'cloudtrail',
    eventVersion: '1.11',
    userIdentity,
    eventTime,
    eventSource: `${call.source}.amazonaws.com`,
    eventName: call.name,
    awsRegion,
    sourceIPAddress: service ?? `10.${random.whole(4)}.${random.whole(256)}.${1 + random.whole(254)}`,
    userAgent:
      service ??
      random.pick([
        'aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js md/nodejs#24.21.0',
        'aws-cli/2.31.8 md/awscrt#0.28.2 ua/2.1',
        'Boto3/1.40.55 md/Botocore#1.40.55',
      ]),
    ...(denied && {
      errorCode: 'AccessDenied',
      errorMessage: `User is not authorized to perform: ${call.source}:${call.name} because no identity-based policy allows the action`,
    }),
    requestParameters: parameters,
    responseElements: denied || call.response === undefined ? null : call.response(random, awsRegion),
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: call.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${call.source}.${awsRegion}.amazonaws.com`,
    },
  };
}

/** A day of events, in order of time. */
export function* cloudTrailEvents({
  date,
  docs,
  seed,
}: {
  date: string;
  docs: number;
  seed: number;
}): Generator<CloudTrailEvent> {
  midnight(date);
  const random = seededRandom(`cloudtrail/${date}/${seed}`);
  for (const time of momentsOf(date, docs, random)) yield cloudTrailEvent(time, random);
}
