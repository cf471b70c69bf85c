import { Duration, RemovalPolicy, aws_iam as iam, aws_kms as kms, aws_sns as sns, aws_sqs as sqs } from 'aws-cdk-lib';
import { aws_cloudwatch as cloudwatch, aws_s3 as s3, aws_sns_subscriptions as subscriptions } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Notifications } from '../../constructs/notifications.ts';
import { notifiedPrefixes, type LogReader, type LogSettings } from '../config/buckets.ts';
import type { BucketKind } from '../config/kinds.ts';
import { filterOfBucket, filterOfSubscription } from '../notice-keys.ts';
import { tell } from '../cloudwatch/tell.ts';
import { bucketId } from './log-bucket.ts';
import { logBucketArn, partName, queueName, topicName } from './names.ts';
import { byRole } from './principals.ts';

interface Notified {
  readonly prefix: string;
  readonly topic: sns.Topic;
}

/**
 * Tells of every new object: S3 publishes to a topic, and each reader has a queue of its own behind it. S3 itself refuses two
 * notifications for one object; behind a topic there may be any number of queues.
 */
export class Notices extends Construct {
  readonly #settings: LogSettings;
  readonly #key: kms.Key;
  #alarms: Notifications | undefined;
  readonly #topics = new Map<BucketKind, readonly Notified[]>();

  constructor(scope: Construct, id: string, settings: LogSettings) {
    super(scope, id);
    this.#settings = settings;
    this.#key = new kms.Key(this, 'Key', {
      description: 'Notices of new log objects on their way through topics',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': settings.account } },
      }),
    );
  }

  /** Makes the bucket's topics. The configuration is the bucket's own property: no function that puts it there by itself. */
  tellOf(kind: BucketKind, bucket: s3.Bucket): void {
    const { account } = this.#settings;
    const resource = bucket.node.defaultChild as s3.CfnBucket;
    const notified = notifiedPrefixes(this.#settings, kind).map((prefix): Notified => {
      const topic = new sns.Topic(this, `${bucketId(kind)}${partName(prefix)}`, {
        topicName: topicName(this.#settings, kind, prefix),
        masterKey: this.#key,
        enforceSSL: true,
      });
      topic.addToResourcePolicy(
        new iam.PolicyStatement({
          sid: 'AllowBucket',
          principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
          actions: ['sns:Publish'],
          resources: [topic.topicArn],
          conditions: {
            StringEquals: { 'aws:SourceAccount': account },
            // By name: by reference, bucket and topic would each wait for the other.
            ArnEquals: { 'aws:SourceArn': logBucketArn(this.#settings, kind) },
          },
        }),
      );
      // S3 tries the topic when it is given one.
      resource.node.addDependency(topic);
      return { prefix, topic };
    });
    resource.notificationConfiguration = {
      topicConfigurations: notified.map(({ prefix, topic }) => ({
        event: 's3:ObjectCreated:*',
        topic: topic.topicArn,
        ...filterOfBucket(prefix),
      })),
    };
    this.#topics.set(kind, notified);
  }

  topics(): { readonly kind: BucketKind; readonly prefix: string; readonly topicArn: string }[] {
    return [...this.#topics].flatMap(([kind, notified]) =>
      notified.map(({ prefix, topic: { topicArn } }) => ({ kind, prefix, topicArn })),
    );
  }

  /** A queue for each part of a bucket that the reader wants to hear of, and one for what it cannot read. */
  queuesFor(reader: LogReader): { readonly bucket: BucketKind; readonly prefix: string; readonly queue: sqs.Queue }[] {
    return reader.queues.map(({ bucket, prefix }) => {
      const id = `${reader.name}-${bucket}${partName(prefix)}`;
      const name = queueName(this.#settings, reader.name, bucket, prefix);
      const shared = {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      };
      const unread = new sqs.Queue(this, `${id}-unread`, { ...shared, queueName: `${name}-unread` });
      const queue = new sqs.Queue(this, id, {
        ...shared,
        queueName: name,
        visibilityTimeout: Duration.seconds(reader.visibilityTimeoutSeconds),
        deadLetterQueue: { queue: unread, maxReceiveCount: 5 },
      });
      for (const each of [queue, unread]) this.#allowReader(each, reader);
      this.#subscribe(queue, bucket, prefix);
      this.#tellOfUnread(unread, id, `${name}-unread`);
      return { bucket, prefix, queue };
    });
  }

  /** A notice that nobody reads is an object that nobody reads: what is in this queue is gone after 14 days. */
  #tellOfUnread(unread: sqs.Queue, id: string, alarmName: string): void {
    this.#alarms ??= new Notifications(this, 'Alarms', {
      topicName: `${this.#settings.prefix}-log-account-notifications`,
      emails: this.#settings.emails,
    });
    const alarm = new cloudwatch.Alarm(this, `${id}-alarm`, {
      alarmName,
      alarmDescription:
        'Notices of new objects that their reader took five times and did not delete. They are kept for 14 days: when the reader is repaired, move them back (SQS, "Start DLQ redrive").',
      metric: unread.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    tell(alarm, this.#alarms.topic);
  }

  #allowReader(queue: sqs.Queue, { roles }: LogReader): void {
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AllowReader',
        ...byRole(roles),
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
        resources: [queue.queueArn],
      }),
    );
  }

  #subscribe(queue: sqs.Queue, bucket: BucketKind, prefix: string): void {
    const notified = this.#topics.get(bucket)?.find((each) => prefix.startsWith(each.prefix));
    notified?.topic.addSubscription(
      new subscriptions.SqsSubscription(queue, {
        rawMessageDelivery: true,
        ...(prefix !== notified.prefix && { filterPolicyWithMessageBody: filterOfSubscription(prefix) }),
      }),
    );
  }
}
