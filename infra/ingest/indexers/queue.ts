import { Duration, aws_events as events, aws_events_targets as targets, aws_iam as iam } from 'aws-cdk-lib';
import { aws_sns as sns, aws_sns_subscriptions as subscriptions, aws_sqs as sqs, type aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { filterOfBucket, filterOfSubscription } from '../notice-keys.ts';
import type { NoticesBy, ResolvedSource } from './sources.ts';

/** As long as SQS keeps any message, counted from when it first came: moved to the dead-letter queue it is no younger. */
const retentionPeriod = Duration.days(14);
/** Of the function's time: Lambda may hold messages over several tries to invoke it (Lambda, "Using Lambda with Amazon SQS"). */
const visibilityFactor = 6;

export interface IndexerQueueProps {
  readonly queueName: string;
  readonly deadLetterQueueName: string;
  readonly timeoutSeconds: number;
  readonly maxReceiveCount: number;
  /** In which it is. */
  readonly account: string;
}

/** Messages that name objects, and those that could not be worked off. */
export class IndexerQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;
  readonly #account: string;

  constructor(scope: Construct, id: string, props: IndexerQueueProps) {
    super(scope, id);
    this.#account = props.account;
    const shared = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', { ...shared, queueName: props.deadLetterQueueName });
    this.queue = new sqs.Queue(this, 'Queue', {
      ...shared,
      queueName: props.queueName,
      visibilityTimeout: Duration.seconds(visibilityFactor * props.timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
  }

  /** Hears of the source's new objects. A bucket that the stack makes names the queue itself: `tellOf`. */
  hear(source: ResolvedSource): void {
    const { notices } = source;
    if (notices.kind === 'topic') this.#subscribe(source, notices);
    if (notices.kind === 'eventbridge') this.#listen(source);
  }

  /** What a bucket of this stack has to say of the queue in its configuration. */
  tellOf(bucketArn: string, prefix: string): s3.CfnBucket.QueueConfigurationProperty {
    this.queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AllowBucket',
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': this.#account },
          ArnEquals: { 'aws:SourceArn': bucketArn },
        },
      }),
    );
    return {
      event: 's3:ObjectCreated:*',
      queue: this.queue.queueArn,
      ...filterOfBucket(prefix),
    };
  }

  #subscribe(
    { prefix }: Pick<ResolvedSource, 'prefix'>,
    { topicArn, topicPrefix }: Extract<NoticesBy, { kind: 'topic' }>,
  ): void {
    const topic = sns.Topic.fromTopicArn(this, 'Topic', topicArn);
    topic.addSubscription(
      new subscriptions.SqsSubscription(this.queue, {
        rawMessageDelivery: true,
        // What SNS cannot deliver.
        deadLetterQueue: this.deadLetters,
        ...(prefix !== topicPrefix && { filterPolicyWithMessageBody: filterOfSubscription(prefix) }),
      }),
    );
  }

  #listen({ bucketName, prefix }: ResolvedSource): void {
    new events.Rule(this, 'ObjectCreated', {
      description: `New objects of ${bucketName} for ${this.queue.node.path}`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucketName] },
          ...(prefix !== '' && { object: { key: [{ prefix }] } }),
        },
      },
      targets: [new targets.SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
    });
  }
}
