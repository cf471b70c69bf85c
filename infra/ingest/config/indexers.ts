import { z } from 'zod';
import { indexNamer } from '../../../functions/ingest/documents/index-name.ts';
import { formatNames } from '../../../functions/ingest/formats/index.ts';
import { indexPattern, resourcePrefix } from '../../config/names.ts';
import { accountId, bucketName, domain, keyArn, matching, network, regionName } from '../../config/places.ts';
import { bucketKind } from './kinds.ts';

/** Settings of the indexers. Every default stands here. */

const topicArn = matching(
  /^arn:aws(-[a-z-]+)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
  'must be the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME',
);

/** Objects of one bucket whose keys begin with `prefix`. */
const source = z
  .strictObject({
    /** A central bucket of the part `logs` of the same settings; its topic and its key are known. */
    central: bucketKind.optional(),
    /** Any other bucket. */
    bucket: bucketName.optional(),
    /** A bucket that the stack makes, for whoever has no central ones. */
    newBucket: bucketName.optional(),
    prefix: z.string().max(512).default(''),
    /** To which S3 publishes the bucket's notices. Without it they come by EventBridge, which the bucket must be set to. */
    topicArn: topicArn.optional(),
    /** Where a key of KMS encrypts the bucket's objects. */
    keyArn: keyArn.optional(),
  })
  .refine(
    ({ central, bucket, newBucket }) => [central, bucket, newBucket].filter((one) => one !== undefined).length === 1,
    { error: 'must have one of central, bucket and newBucket' },
  )
  .refine(
    ({ bucket, topicArn: topic, keyArn: key }) => bucket !== undefined || (topic === undefined && key === undefined),
    { error: 'topicArn and keyArn have a meaning beside bucket only' },
  );
export type IndexerSource = z.output<typeof source>;

/** `rejects/cloudwatch-logs/` and the function's name belong to the indexer of subscriptions. */
const taken = ['cloudwatch-logs'];
/** Of a mapping's ScalingConfig. */
const leastConcurrency = 2;

const indexer = z.strictObject({
  /** Part of the names of its function, queue and alarms, and of the keys of its rejects. */
  name: matching(
    /^[a-z]([a-z0-9-]{0,19}[a-z0-9])?$/,
    'must be 1 to 21 of a-z, 0-9 and "-", beginning with a letter and not ending with "-"',
  ).refine((name) => !taken.includes(name), { error: 'is the name of the indexer of subscriptions' }),
  source,
  format: z.enum(formatNames, {
    error: ({ input }) => `${JSON.stringify(input)} is no format; there are ${formatNames.join(', ')}`,
  }),
  indexPattern: indexPattern.refine(isNameable, { error: 'may have only a-z, 0-9, ".", "_" and "-" beside its date' }),
  /** How many runs there are at once, at most. */
  maximumConcurrency: z.number().int().min(leastConcurrency).max(1000).default(4),
  memoryMiB: z.number().int().min(512).max(10_240).default(1024),
  /** Of a run. What it does not finish goes on in another. */
  timeoutSeconds: z.number().int().min(60).max(900).default(300),
  /** Messages of a run. */
  batchSize: z.number().int().min(1).max(10).default(10),
  /** How often a message is tried before it goes to the dead-letter queue. */
  maxReceiveCount: z.number().int().min(5).max(1000).default(10),
  /** An alarm says when the oldest message has waited for longer. */
  alarmAfterMinutes: z.number().int().min(5).max(20_160).default(120),
});
export type IndexerSettings = z.output<typeof indexer>;

function isNameable(pattern: string): boolean {
  try {
    indexNamer(pattern);
    return true;
  } catch {
    return false;
  }
}

/** A SecureString with `{"username": "...", "password": "..."}`, and the key that encrypts it (`npm run set-credentials`). */
const user = z.strictObject({
  parameterName: matching(/^\/?[\w.-]+(\/[\w.-]+)*$/, 'must be the name of a parameter: /permafrost/indexer'),
  keyArn,
});

const shape = z.strictObject({
  prefix: resourcePrefix.default('permafrost'),
  account: accountId,
  region: regionName,
  domain,
  /** Without it, the functions' roles sign their requests. */
  user: user.optional(),
  network: network
    .refine(({ createEndpoints }) => !createEndpoints, {
      error: 'must be false: here are functions only, in subnets that have their endpoints',
      path: ['createEndpoints'],
    })
    .optional(),
  emails: z.array(z.email()).default([]),
  /** Longer than it takes to look at them; the objects that they come from stay where they are. */
  keepRejectsDays: z.number().int().min(1).max(3650).default(90),
  /** What must be free in the cluster before indexers that stopped themselves are started again. */
  minimumFreeGiB: z.number().int().min(1).max(100_000).default(5),
  indexers: z.array(indexer).min(1),
});

/** What tells one source's bucket from another's. */
export const bucketOf = ({ central, bucket, newBucket }: IndexerSource): string =>
  central === undefined ? (bucket ?? newBucket ?? '') : `central ${central}`;

export const indexers = shape.superRefine(({ indexers: all }, context) => {
  const refuse = (index: number, field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['indexers', index, field], message });
  all.forEach((one, index) => {
    for (const other of all.slice(0, index)) {
      if (other.name === one.name) refuse(index, 'name', `${one.name} is there twice`);
      if (bucketOf(other.source) === bucketOf(one.source)) {
        const [here, there] = [one.source, other.source];
        if (here.prefix.startsWith(there.prefix) || there.prefix.startsWith(here.prefix)) {
          const both = `"${here.prefix}" and "${there.prefix}" of ${bucketOf(here)} overlap`;
          refuse(index, 'source', `${both}: ${other.name} and ${one.name} would both index what is below`);
        }
      }
      if (other.indexPattern === one.indexPattern && other.format !== one.format) {
        refuse(
          index,
          'indexPattern',
          `${one.indexPattern} is that of ${other.name} too, with format ${other.format}: an index has one mapping`,
        );
      }
    }
  });
});
export type IndexersSettings = z.output<typeof indexers>;
