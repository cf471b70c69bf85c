import { ArnFormat, Duration, RemovalPolicy, Stack, aws_iam as iam, aws_logs as logs } from 'aws-cdk-lib';
import { aws_cloudwatch as cloudwatch, aws_kinesisfirehose as firehose } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from '../../constructs/statements.ts';
import { deliveryRoleName, logBucketArn, logKeyAlias, streamName } from '../buckets/names.ts';
import { tell } from '../cloudwatch/tell.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { LogSource } from '../config/sources.ts';

/** What Firehose asks jq 1.6 for each message of CloudWatch Logs. Control messages have no log group: an empty key would be refused. */
export const partitionQueries = {
  owner: '.owner',
  logGroup: 'if .logGroup == "" then "control" else (.logGroup | ltrimstr("/")) end',
} as const;

export interface DeliveryStreamProps {
  readonly settings: LogSettings;
  readonly source: LogSource & { readonly cloudWatchLogs: NonNullable<LogSource['cloudWatchLogs']> };
  readonly topic: sns.ITopic;
}

/**
 * From CloudWatch Logs to the central bucket. Written by hand: CDK's own destination lets the role delete what it has delivered.
 */
export class DeliveryStream extends Construct {
  readonly streamArn: string;
  /** Of Firehose itself: what it logs must not be sent through it. */
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, props: DeliveryStreamProps) {
    super(scope, id);
    const { settings, source, topic } = props;
    const { bufferSeconds, alarmAfterSeconds } = source.cloudWatchLogs;
    const name = streamName(settings);
    this.logGroupName = `/aws/kinesisfirehose/${name}`;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: this.logGroupName,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new logs.LogStream(this, 'LogStream', {
      logGroup,
      logStreamName: 'delivery',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = deliveryRole(this, settings, source);
    role.addToPolicy(
      allow(
        ['logs:PutLogEvents'],
        [
          Stack.of(this).formatArn({
            service: 'logs',
            resource: 'log-group',
            resourceName: `${this.logGroupName}:log-stream:delivery`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      ),
    );
    const stream = new firehose.CfnDeliveryStream(this, 'Stream', {
      deliveryStreamName: name,
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: logBucketArn(settings, 'cloudwatch'),
        roleArn: role.roleArn,
        // With partitions, 64 MiB is also the least that Firehose takes.
        bufferingHints: { sizeInMBs: 64, intervalInSeconds: bufferSeconds },
        compressionFormat: 'GZIP',
        prefix: '!{partitionKeyFromQuery:owner}/!{partitionKeyFromQuery:logGroup}/!{timestamp:yyyy/MM/dd/HH}/',
        errorOutputPrefix: `errors/${source.account}/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/`,
        // The longest there is: what cannot be put under its prefix until then goes to errors/, by hand from there.
        dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: 7200 } },
        processingConfiguration: {
          enabled: true,
          processors: [
            // Not with message extraction, which drops account, group and stream.
            processor('Decompression', { CompressionFormat: 'GZIP' }),
            processor('MetadataExtraction', {
              MetadataExtractionQuery: `{${Object.entries(partitionQueries)
                .map(([key, query]) => `${key}:(${query})`)
                .join(',')}}`,
              JsonParsingEngine: 'JQ-1.6',
            }),
            processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
          ],
        },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: logStream.logStreamName,
        },
      },
    });
    // Firehose tries the role when the stream is made.
    stream.node.addDependency(role);
    this.streamArn = stream.attrArn;

    const figure = (metricName: string): cloudwatch.Metric =>
      new cloudwatch.Metric({
        namespace: 'AWS/Firehose',
        metricName,
        dimensionsMap: { DeliveryStreamName: name },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      });
    const alarms = [
      new cloudwatch.Alarm(this, 'Stale', {
        alarmName: `${name}-stale`,
        alarmDescription: `The oldest log record that Firehose has not delivered is older than ${alarmAfterSeconds} s. Its log group says why: ${this.logGroupName}.`,
        metric: figure('DeliveryToS3.DataFreshness'),
        threshold: alarmAfterSeconds,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }),
      new cloudwatch.Alarm(this, 'TooManyPartitions', {
        alarmName: `${name}-too-many-partitions`,
        alarmDescription:
          'More log groups write within an hour than Firehose has partitions: what is above goes to errors/. Ask AWS for a higher limit.',
        metric: figure('PartitionCountExceeded'),
        threshold: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }),
    ];
    for (const alarm of alarms) tell(alarm, topic);
  }
}

const processor = (
  type: string,
  parameters: Readonly<Record<string, string>>,
): firehose.CfnDeliveryStream.ProcessorProperty => ({
  type,
  parameters: Object.entries(parameters).map(([parameterName, parameterValue]) => ({ parameterName, parameterValue })),
});

/** The role that Firehose takes; the log account's bucket and key know it by its name. It adds objects, and deletes none. */
function deliveryRole(scope: Construct, settings: LogSettings, { account, region }: LogSource): iam.Role {
  const role = new iam.Role(scope, 'Role', {
    roleName: deliveryRoleName(settings, region),
    assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
      conditions: { StringEquals: { 'sts:ExternalId': account, 'aws:SourceAccount': account } },
    }),
  });
  for (const statement of writeRights(settings, 'cloudwatch', '')) role.addToPolicy(statement);
  return role;
}

/** What a role of a source may do with a central bucket, as far as its own account has a say. */
export function writeRights(
  settings: LogSettings,
  kind: 'cloudwatch' | 'syslog',
  keyPrefix: string,
): iam.PolicyStatement[] {
  const bucket = logBucketArn(settings, kind);
  return [
    allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket]),
    allow(['s3:AbortMultipartUpload', 's3:PutObject'], [`${bucket}/${keyPrefix}*`]),
    // The id of the key is the log account's; its policy narrows this further.
    allow(['kms:GenerateDataKey', 'kms:Decrypt'], [`arn:aws:kms:${settings.region}:${settings.account}:key/*`], {
      StringEquals: { 'kms:ViaService': `s3.${settings.region}.amazonaws.com` },
      StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket, `${bucket}/*`] },
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': logKeyAlias(settings) },
    }),
  ];
}

/** The role in which CloudWatch Logs puts records into the stream. */
export function subscriptionRole(scope: Construct, streamArn: string): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'SubscriptionRole', {
    assumedBy: new iam.ServicePrincipal('logs.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': `arn:aws:logs:${stack.region}:${stack.account}:*` },
      },
    }),
  });
  role.addToPolicy(allow(['firehose:PutRecord', 'firehose:PutRecordBatch'], [streamArn]));
  return role;
}
