import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { output } from '../../constructs/output.ts';
import { logBucket } from '../buckets/log-bucket.ts';
import { replicaKey } from '../buckets/log-key.ts';
import { replicatedKinds } from '../buckets/replication.ts';
import { kindsOf, type LogSettings } from '../config/buckets.ts';

/** The second copy of the central buckets, in another region of the log account. Deployed before the buckets that copy into it. */
export class LogReplicaStack extends Stack {
  constructor(scope: Construct, id: string, settings: LogSettings, region: string, props: StackProps) {
    super(scope, id, props);
    const key = replicaKey(this, settings, region);
    for (const kind of replicatedKinds(kindsOf(settings))) {
      logBucket(this, { settings, kind, region, key, accessLogs: undefined, allowed: [] });
    }
    output(this, 'ReplicaKeyArn', key.keyArn);
  }
}
