import { aws_lambda as lambda, type aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { environment } from '../../../functions/ingest/index-s3-objects.ts';
import type { Bundles } from '../../constructs/bundles.ts';
import type { Network } from '../../constructs/network.ts';
import type { Variables } from '../../constructs/variables.ts';
import type { IndexerSettings } from '../config/indexers.ts';
import { alarmOnIndexer } from './alarms.ts';
import { clusterVariables } from './cluster-variables.ts';
import { IngestFunction } from './ingest-function.ts';
import { deadLetterQueueName, indexerName, indexerRoleName, rejectsBucketName } from './names.ts';
import { IndexerQueue } from './queue.ts';
import { indexerRights, type Home } from './rights.ts';
import type { ResolvedSource } from './sources.ts';

export const indexS3Objects = 'functions/ingest/index-s3-objects';

/** What all functions of the stack share. */
export interface Shared {
  readonly home: Home;
  readonly bundles: Bundles;
  readonly topic: sns.ITopic;
  readonly network: Pick<Network, 'functions'>;
}

/** Objects of one bucket -> queue -> `index-s3-objects` -> the cluster. */
export class Indexer extends Construct {
  readonly queue: IndexerQueue;
  readonly role: string;

  constructor(scope: Construct, id: string, settings: IndexerSettings, source: ResolvedSource, shared: Shared) {
    super(scope, id);
    const { home, bundles, topic, network } = shared;
    const { name, timeoutSeconds, maxReceiveCount } = settings;
    const functionName = indexerName(home, name);
    this.queue = new IndexerQueue(this, 'Messages', {
      queueName: functionName,
      deadLetterQueueName: deadLetterQueueName(home, name),
      timeoutSeconds,
      maxReceiveCount,
      account: home.account,
    });
    this.queue.hear(source);
    const { queue } = this.queue;

    const variables: Variables<typeof environment> = {
      ...clusterVariables(home),
      INDEXER: name,
      FORMAT: settings.format,
      INDEX_PATTERN: settings.indexPattern,
      QUEUE_URL: queue.queueUrl,
      REJECTS_BUCKET: rejectsBucketName(home),
    };
    const { function: indexing, role } = new IngestFunction(this, 'Indexing', {
      functionName,
      roleName: indexerRoleName(home, name),
      bundle: bundles(indexS3Objects),
      timeoutSeconds,
      memoryMiB: settings.memoryMiB,
      variables,
      rights: indexerRights(home, name, source, queue.queueArn),
      network,
    });
    this.role = role.roleArn;

    // No reserved concurrency: what it throttles counts as received, and good messages would go to the dead-letter queue.
    // Nor is the mapping said to be enabled: a deployment must not start what has stopped itself.
    new lambda.EventSourceMapping(this, 'Mapping', {
      target: indexing,
      eventSourceArn: queue.queueArn,
      batchSize: settings.batchSize,
      maxConcurrency: settings.maximumConcurrency,
      reportBatchItemFailures: true,
    });
    alarmOnIndexer(this, {
      functionName,
      queue: this.queue,
      alarmAfterMinutes: settings.alarmAfterMinutes,
      topic,
    });
  }
}
