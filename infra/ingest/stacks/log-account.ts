import { Stack, type StackProps, type aws_kms as kms, type aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { output } from '../../constructs/output.ts';
import { bucketId, logBucket } from '../buckets/log-bucket.ts';
import { logKey } from '../buckets/log-key.ts';
import { logBucketName, partName } from '../buckets/names.ts';
import { Notices } from '../buckets/notices.ts';
import { reading, writing } from '../buckets/permissions.ts';
import { checkPolicySize } from '../buckets/policy-size.ts';
import { replicate, replicatedKinds, replicationRole } from '../buckets/replication.ts';
import { kindsOf, type LogSettings } from '../config/buckets.ts';
import type { BucketKind } from '../config/kinds.ts';

/** The log account: a bucket for each kind of log, their key, who may write and read, and who is told of new objects. */
export class LogAccountStack extends Stack {
  readonly buckets: ReadonlyMap<BucketKind, s3.Bucket>;
  readonly key: kms.IKey;

  constructor(scope: Construct, id: string, settings: LogSettings, props: StackProps) {
    super(scope, id, props);
    const kinds = kindsOf(settings);
    this.key = logKey(this, settings);
    const { key } = this;
    const make = (kind: BucketKind, accessLogs: s3.IBucket | undefined): s3.Bucket =>
      logBucket(this, {
        ...{ settings, kind, region: settings.region, key, accessLogs },
        allowed: [...writing(settings, kind), ...reading(settings, kind)],
      });
    const accessLogs = make('access', undefined);
    this.buckets = new Map(kinds.map((kind) => [kind, kind === 'access' ? accessLogs : make(kind, accessLogs)]));
    for (const [kind, bucket] of this.buckets) checkPolicySize(this, logBucketName(settings, kind), bucket);

    const notices = new Notices(this, 'Notices', settings);
    for (const [kind, bucket] of this.buckets) notices.tellOf(kind, bucket);
    const { replication } = settings;
    if (replication) {
      const role = replicationRole(this, { ...settings, replication }, kinds);
      for (const kind of replicatedKinds(kinds)) {
        replicate(this.buckets.get(kind)!, kind, { settings, region: replication.region, role });
      }
    }

    output(this, 'LogKeyArn', key.keyArn);
    for (const [kind, bucket] of this.buckets) output(this, `${bucketId(kind)}Bucket`, bucket.bucketName);
    for (const { kind, prefix, topicArn } of notices.topics()) {
      output(this, `${bucketId(kind)}Topic${partName(prefix)}`, topicArn);
    }
    for (const reader of settings.readers) {
      const name = reader.name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      for (const { bucket, prefix, queue } of notices.queuesFor(reader)) {
        output(this, `${name}${bucketId(bucket)}Queue${partName(prefix)}`, queue.queueUrl);
      }
    }
  }
}
