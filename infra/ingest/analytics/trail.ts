import { Duration, RemovalPolicy, Stack, Validations, aws_cloudtrail as cloudtrail, aws_iam as iam } from 'aws-cdk-lib';
import { aws_logs as logs, aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from '../../constructs/statements.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import { privateBucket } from '../../constructs/private-bucket.ts';

export interface TrailProps {
  readonly trailName: string;
  readonly logGroupName: string;
}

/** A trail of all regions, whose events go to a log group. The files that every trail writes as well expire after a month. */
export class Trail extends Construct {
  /** Known once the log group is there. */
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, { trailName, logGroupName }: TrailProps) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    const logGroup = new logs.CfnLogGroup(this, 'Logs', { logGroupName, retentionInDays: 30 });
    logGroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.logGroupName = logGroup.ref;
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('cloudtrail.amazonaws.com') });
    const streams = `arn:${partition}:logs:${region}:${account}:log-group:${logGroup.ref}:log-stream:${account}_CloudTrail_${region}*`;
    role.addToPolicy(allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [streams]));

    const bucket = new s3.Bucket(this, 'Files', {
      ...privateBucket,
      lifecycleRules: [{ id: 'Expire', expiration: Duration.days(30) }],
    });
    const ofTrail = {
      StringEquals: { 'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${trailName}` },
    };
    const principals = [new iam.ServicePrincipal('cloudtrail.amazonaws.com')];
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        ...{ principals, conditions: ofTrail },
        actions: ['s3:GetBucketAcl'],
        resources: [bucket.bucketArn],
      }),
    );
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        ...{ principals, conditions: ofTrail },
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`AWSLogs/${account}/*`)],
      }),
    );
    const trail = new cloudtrail.CfnTrail(this, 'Trail', {
      trailName,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      s3BucketName: bucket.bucketName,
      cloudWatchLogsLogGroupArn: logGroup.attrArn,
      cloudWatchLogsRoleArn: role.roleArn,
    });
    // CloudTrail tries both when it is told of them.
    trail.node.addDependency(bucket.policy!, role);

    acknowledgeWildcard(role, streams, 'CloudTrail numbers its streams itself.');
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'The files are a second copy of what the log group has, for a month; CloudTrail records who touches the bucket.',
    });
  }
}
