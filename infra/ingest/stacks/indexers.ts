import { Stack, type App, type StackProps, type aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { bundleFunctions } from '../../constructs/bundles.ts';
import { functionNetwork } from '../../constructs/network.ts';
import { Notifications } from '../../constructs/notifications.ts';
import { output } from '../../constructs/output.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { IndexersSettings } from '../config/indexers.ts';
import { Enabler, enableIndexers } from '../indexers/enabler.ts';
import { Indexer, indexS3Objects, type Shared } from '../indexers/indexer.ts';
import { idOf, rejectsBucketName } from '../indexers/names.ts';
import { newLogBucket, rejectsBucket } from '../indexers/rejects-bucket.ts';
import { resolveSource, type ResolvedSource } from '../indexers/sources.ts';

export interface IndexersStackProps extends StackProps {
  readonly settings: IndexersSettings;
  /** Of the central buckets, where the same settings have them. */
  readonly logs?: LogSettings | undefined;
}

/** All indexers of objects: for each its queue and function; together the bucket of rejects and who starts them again. */
export class IndexersStack extends Stack {
  constructor(scope: Construct, id: string, { settings, logs, ...props }: IndexersStackProps) {
    super(scope, id, props);
    // First: what is wrong with them shows before anything is bundled.
    const sources = new Map(settings.indexers.map((each) => [each.name, resolveSource(each, settings, logs)]));
    const rejects = rejectsBucket(this, rejectsBucketName(settings), settings.keepRejectsDays);
    const { topic } = new Notifications(this, 'Notifications', {
      topicName: `${settings.prefix}-indexers-notifications`,
      emails: settings.emails,
    });
    const shared: Shared = {
      home: { ...settings, partition: this.partition },
      bundles: bundleFunctions(this, [indexS3Objects, enableIndexers], 'indexers'),
      topic,
      network: functionNetwork(this, settings.network),
    };

    const heard: { readonly source: ResolvedSource; readonly indexer: Indexer }[] = [];
    for (const each of settings.indexers) {
      const source = sources.get(each.name)!;
      const indexer = new Indexer(this, idOf(each.name), each, source, shared);
      heard.push({ source, indexer });
      const { queue, deadLetters } = indexer.queue;
      output(this, `${idOf(each.name)}QueueUrl`, queue.queueUrl);
      output(this, `${idOf(each.name)}DeadLetterQueueUrl`, deadLetters.queueUrl);
      output(this, `${idOf(each.name)}RoleArn`, indexer.role);
    }
    this.#makeBuckets(heard);
    const enabler = new Enabler(this, 'EnableIndexers', shared);

    output(this, 'EnableIndexersRoleArn', enabler.role);
    output(this, 'RejectsBucket', rejects.bucketName);
    output(this, 'IndexersNotificationsTopic', topic.topicArn);
  }

  /** One of each name, which tells all queues that hear of it: the configuration is the bucket's own property. */
  #makeBuckets(heard: readonly { readonly source: ResolvedSource; readonly indexer: Indexer }[]): void {
    const own = heard.filter(({ source }) => source.notices.kind === 'own-bucket');
    for (const [name, some] of Map.groupBy(own, ({ source }) => source.bucketName)) {
      const first = Math.min(...own.map((each, index) => (each.source.bucketName === name ? index : own.length)));
      const bucket = newLogBucket(this, `LogBucket${first + 1}`, name);
      output(this, `LogBucket${first + 1}Name`, bucket.bucketName);
      const resource = bucket.node.defaultChild as s3.CfnBucket;
      resource.notificationConfiguration = {
        // By its name: by reference, bucket and queue would each wait for the other.
        queueConfigurations: some.map(({ indexer, source }) =>
          indexer.queue.tellOf(`arn:${this.partition}:s3:::${name}`, source.prefix),
        ),
      };
      // S3 tries the queues when it is given them.
      for (const { indexer } of some) resource.node.addDependency(indexer.queue);
    }
  }
}

/** Adds the stack to the app: the part `indexers` of the settings, with the part `logs` beside it where there is one. */
export function addIndexersStack(app: App, settings: IndexersSettings, logs: LogSettings | undefined): IndexersStack {
  const { prefix, account, region } = settings;
  const stack = new IndexersStack(app, `${prefix}-indexers`, {
    ...{ settings, logs },
    env: { account, region },
    description: 'Permafrost: indexers of log objects',
  });
  return stack;
}
