import { z } from 'zod';

/** The central buckets: one for each kind of log, since their writers differ. */
export const bucketKinds = [
  /** CloudWatch Logs, by Firehose. */
  'cloudwatch',
  'cloudtrail',
  'config',
  'syslog',
  /** Whatever the roles that the settings name put there. */
  'drop',
  /** Access logs of load balancers, which can only be written under keys of S3. */
  'loadbalancers',
  /** Server access logs of the other buckets, likewise. */
  'access',
] as const;
export type BucketKind = (typeof bucketKinds)[number];
export const bucketKind = z.enum(bucketKinds);

/** Those whose writers cannot use a KMS key. */
export const underKeysOfS3: readonly BucketKind[] = ['loadbalancers', 'access'];
