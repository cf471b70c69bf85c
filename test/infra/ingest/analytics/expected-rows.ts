/** What each visualisation shows of the events of events.ts: the values, then how many events have them. Counted by hand. */

const sts = 'arn:aws:sts::111122223333:assumed-role';
const iam = 'arn:aws:iam::111122223333';
const [build, cleo, ann, root] = [
  `${sts}/Deploy/build-7`,
  `${sts}/Auditor/cleo@example.com`,
  `${iam}:user/ann`,
  `${iam}:root`,
];
const at = (hour: string): string => `2026-01-02T${hour}:00:00.000Z`;

export const expectedRows: Readonly<Record<string, readonly (string | number)[][]>> = {
  'permafrost-events': [
    [at('03'), 'ec2.amazonaws.com', 3],
    [at('03'), 's3.amazonaws.com', 1],
    [at('04'), 'ec2.amazonaws.com', 2],
    [at('04'), 'iam.amazonaws.com', 1],
    [at('04'), 'kms.amazonaws.com', 1],
    [at('04'), 's3.amazonaws.com', 1],
    [at('05'), 'ec2.amazonaws.com', 1],
    [at('05'), 'iam.amazonaws.com', 1],
    [at('05'), 'kms.amazonaws.com', 1],
    [at('05'), 'signin.amazonaws.com', 3],
    [at('06'), 'signin.amazonaws.com', 5],
  ],
  'permafrost-event-names': [
    ['ConsoleLogin', 7],
    ['RunInstances', 3],
    ['DescribeInstances', 2],
    ['CreateAccessKey', 1],
    ['DeleteUser', 1],
    ['GenerateDataKey', 1],
    ['GetBucketAcl', 1],
    ['PutBucketPolicy', 1],
    ['RotateKey', 1],
    ['SwitchRole', 1],
    ['TerminateInstances', 1],
  ],
  'permafrost-services': [
    ['signin.amazonaws.com', 8],
    ['ec2.amazonaws.com', 6],
    ['iam.amazonaws.com', 2],
    ['kms.amazonaws.com', 2],
    ['s3.amazonaws.com', 2],
  ],
  'permafrost-regions': [
    ['eu-west-1', 11],
    ['us-east-1', 9],
  ],
  'permafrost-identities': [
    ['IAMUser', 9],
    ['AssumedRole', 6],
    ['Root', 4],
    ['AWSService', 1],
  ],
  'permafrost-callers': [
    [ann, 'signin.amazonaws.com', 4],
    [ann, 'ec2.amazonaws.com', 2],
    [ann, 'iam.amazonaws.com', 1],
    [ann, 's3.amazonaws.com', 1],
    [build, 'ec2.amazonaws.com', 3],
    [build, 's3.amazonaws.com', 1],
    [root, 'ec2.amazonaws.com', 1],
    [root, 'iam.amazonaws.com', 1],
    [root, 'kms.amazonaws.com', 1],
    [root, 'signin.amazonaws.com', 1],
    [cleo, 'signin.amazonaws.com', 2],
  ],
  'permafrost-addresses': [
    ['203.0.113.9', 6],
    ['192.0.2.66', 5],
    ['198.51.100.7', 4],
    ['203.0.113.20', 2],
    ['autoscaling.amazonaws.com', 1],
    ['kms.amazonaws.com', 1],
    ['lambda.amazonaws.com', 1],
  ],
  'permafrost-changes': [
    [ann, 'ConsoleLogin', 3],
    [ann, 'CreateAccessKey', 1],
    [ann, 'SwitchRole', 1],
    [ann, 'TerminateInstances', 1],
    [root, 'ConsoleLogin', 1],
    [root, 'DeleteUser', 1],
    [root, 'RotateKey', 1],
    [root, 'RunInstances', 1],
    [build, 'RunInstances', 2],
    [build, 'PutBucketPolicy', 1],
    [cleo, 'ConsoleLogin', 2],
  ],
  'permafrost-denied-calls': [[4]],
  'permafrost-root-calls': [[2]],
  'permafrost-denials': [
    [at('03'), 's3.amazonaws.com', 1],
    [at('04'), 'ec2.amazonaws.com', 2],
    [at('04'), 'iam.amazonaws.com', 1],
  ],
  'permafrost-denied-callers': [
    [ann, 'ec2.amazonaws.com', 'DescribeInstances', 1],
    [ann, 'ec2.amazonaws.com', 'TerminateInstances', 1],
    [ann, 'iam.amazonaws.com', 'CreateAccessKey', 1],
    [build, 's3.amazonaws.com', 'PutBucketPolicy', 1],
  ],
  'permafrost-denied-addresses': [
    ['203.0.113.9', 3],
    ['198.51.100.7', 1],
  ],
  'permafrost-errors': [
    ['AccessDenied', 2],
    ['Client.UnauthorizedOperation', 2],
    ['NoSuchBucket', 1],
  ],
  'permafrost-root-use': [
    ['ConsoleLogin', 'us-east-1', '192.0.2.66', 1],
    ['DeleteUser', 'us-east-1', '192.0.2.66', 1],
  ],
  'permafrost-logons': [
    [at('05'), 'Success', 3],
    [at('06'), 'Failure', 3],
    [at('06'), 'Success', 1],
  ],
  'permafrost-logon-kinds': [
    ['IAMUser', 4],
    ['AssumedRole', 2],
    ['Root', 1],
  ],
  'permafrost-logon-roles': [['Auditor', cleo, '203.0.113.20', 2]],
  'permafrost-logon-users': [
    [ann, 'Yes', '203.0.113.9', 1],
    [root, 'No', '192.0.2.66', 1],
  ],
  'permafrost-logon-failures': [
    ['192.0.2.66', 'Failed authentication', 2],
    ['192.0.2.66', 'No username found in supplied account', 1],
  ],
  'permafrost-switched-roles': [[ann, `${iam}:role/Deploy`, '203.0.113.9', 1]],
  'permafrost-logon-addresses': [
    ['192.0.2.66', 4],
    ['203.0.113.20', 2],
    ['203.0.113.9', 1],
  ],
};
