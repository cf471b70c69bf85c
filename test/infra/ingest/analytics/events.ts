/** A morning of CloudTrail, small enough to count by hand: what visualisations are held against. */

const account = '111122223333';
const iam = `arn:aws:iam::${account}`;

const assumed = (role: string, session: string): object => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${session}`,
  arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
  accountId: account,
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLE',
      arn: `${iam}:role/${role}`,
      accountId: account,
      userName: role,
    },
    attributes: { creationDate: '2026-01-02T03:00:00Z', mfaAuthenticated: 'false' },
  },
});

export const callers = {
  build: assumed('Deploy', 'build-7'),
  cleo: assumed('Auditor', 'cleo@example.com'),
  ann: { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn: `${iam}:user/ann`, accountId: account, userName: 'ann' },
  root: { type: 'Root', principalId: account, arn: `${iam}:root`, accountId: account },
  /** The root user's long-lived resources, moved by a service. */
  rootByService: {
    type: 'Root',
    principalId: account,
    arn: `${iam}:root`,
    accountId: account,
    invokedBy: 'autoscaling.amazonaws.com',
  },
  lambda: { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' },
  /** As CloudTrail writes who gave a name that there is not. */
  nobody: { type: 'IAMUser', accountId: account, accessKeyId: '', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
} as const;

type Row = readonly [
  hour: string,
  caller: keyof typeof callers,
  call: string,
  region: string,
  from: string,
  more?: Readonly<Record<string, unknown>>,
];

const changes = { readOnly: false };
const deniedIn = (errorCode: string): Readonly<Record<string, unknown>> => ({
  errorCode,
  errorMessage: 'User is not authorized to perform this',
});
const logon = (outcome: 'Success' | 'Failure', mfa: 'Yes' | 'No', errorMessage?: string): Record<string, unknown> => ({
  eventType: 'AwsConsoleSignIn',
  readOnly: false,
  responseElements: { ConsoleLogin: outcome },
  additionalEventData: { LoginTo: 'https://console.aws.amazon.com/console/home', MobileVersion: 'No', MFAUsed: mfa },
  ...(errorMessage !== undefined && { errorMessage }),
});

const rows: readonly Row[] = [
  [
    '03',
    'build',
    'ec2:RunInstances',
    'eu-west-1',
    '198.51.100.7',
    { ...changes, requestParameters: { instancesSet: { items: [{ minCount: 1 }] } }, responseElements: { a: [1] } },
  ],
  ['03', 'build', 'ec2:RunInstances', 'eu-west-1', '198.51.100.7', changes],
  ['03', 'build', 's3:PutBucketPolicy', 'eu-west-1', '198.51.100.7', { ...changes, ...deniedIn('AccessDenied') }],
  ['03', 'build', 'ec2:DescribeInstances', 'eu-west-1', '198.51.100.7'],
  ['04', 'ann', 'iam:CreateAccessKey', 'us-east-1', '203.0.113.9', { ...changes, ...deniedIn('AccessDenied') }],
  [
    '04',
    'ann',
    'ec2:TerminateInstances',
    'eu-west-1',
    '203.0.113.9',
    { ...changes, ...deniedIn('Client.UnauthorizedOperation') },
  ],
  ['04', 'ann', 'ec2:DescribeInstances', 'eu-west-1', '203.0.113.9', deniedIn('Client.UnauthorizedOperation')],
  ['04', 'ann', 's3:GetBucketAcl', 'us-east-1', '203.0.113.9', { errorCode: 'NoSuchBucket' }],
  ['04', 'lambda', 'kms:GenerateDataKey', 'eu-west-1', 'lambda.amazonaws.com'],
  ['05', 'root', 'signin:ConsoleLogin', 'us-east-1', '192.0.2.66', logon('Success', 'No')],
  ['05', 'root', 'iam:DeleteUser', 'us-east-1', '192.0.2.66', changes],
  ['05', 'rootByService', 'ec2:RunInstances', 'eu-west-1', 'autoscaling.amazonaws.com', changes],
  ['05', 'root', 'kms:RotateKey', 'eu-west-1', 'kms.amazonaws.com', { ...changes, eventType: 'AwsServiceEvent' }],
  ['05', 'cleo', 'signin:ConsoleLogin', 'eu-west-1', '203.0.113.20', logon('Success', 'No')],
  ['05', 'cleo', 'signin:ConsoleLogin', 'eu-west-1', '203.0.113.20', logon('Success', 'No')],
  ['06', 'ann', 'signin:ConsoleLogin', 'us-east-1', '203.0.113.9', logon('Success', 'Yes')],
  [
    '06',
    'nobody',
    'signin:ConsoleLogin',
    'us-east-1',
    '192.0.2.66',
    logon('Failure', 'No', 'No username found in supplied account'),
  ],
  ['06', 'ann', 'signin:ConsoleLogin', 'us-east-1', '192.0.2.66', logon('Failure', 'Yes', 'Failed authentication')],
  ['06', 'ann', 'signin:ConsoleLogin', 'us-east-1', '192.0.2.66', logon('Failure', 'Yes', 'Failed authentication')],
  [
    '06',
    'ann',
    'signin:SwitchRole',
    'us-east-1',
    '203.0.113.9',
    {
      eventType: 'AwsConsoleSignIn',
      readOnly: false,
      responseElements: { SwitchRole: 'Success' },
      additionalEventData: { SwitchTo: `${iam}:role/Deploy`, RedirectTo: 'https://console.aws.amazon.com/' },
    },
  ],
];

/** A message of the subscription filter with all of them, and a line that is no event. */
export function subscriptionMessage(): object {
  const events = rows.map(([hour, caller, call, awsRegion, sourceIPAddress, more = {}], index) => {
    const [source, eventName] = call.split(':') as [string, string];
    const eventTime = `2026-01-02T${hour}:${String(index + 10)}:00Z`;
    return {
      eventVersion: '1.11',
      userIdentity: callers[caller],
      eventTime,
      eventSource: `${source}.amazonaws.com`,
      eventName,
      awsRegion,
      sourceIPAddress,
      userAgent: 'aws-cli/2.31.8',
      requestParameters: null,
      responseElements: null,
      requestID: `request-${index}`,
      eventID: `event-${index}`,
      readOnly: true,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
      ...more,
    };
  });
  const lines = [...events.map((event) => [event.eventTime, JSON.stringify(event)] as const)];
  return {
    messageType: 'DATA_MESSAGE',
    owner: account,
    logGroup: '/permafrost/analytics/cloudtrail',
    logStream: `${account}_CloudTrail_eu-west-1`,
    subscriptionFilters: ['permafrost-analytics-index-cloudwatch-logs'],
    logEvents: [...lines, ['2026-01-02T07:00:00Z', 'a line of text'] as const].map(([time, message], index) => ({
      id: String(3_710_000_000 + index),
      timestamp: Date.parse(time),
      message,
    })),
  };
}
