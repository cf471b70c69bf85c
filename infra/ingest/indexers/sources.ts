import { SettingsInvalid } from '../../config/errors.ts';
import { logBucketName, logKeyAlias, topicName } from '../buckets/names.ts';
import { kindsOf, notifiedPrefixes, type LogSettings } from '../config/buckets.ts';
import type { IndexerSettings, IndexersSettings } from '../config/indexers.ts';
import { underKeysOfS3, type BucketKind } from '../config/kinds.ts';

/** A key of KMS, by its ARN or, where another stack has it, by its alias. */
export type SourceKey = { readonly keyArn: string } | { readonly alias: string; readonly account: string };

/** How an indexer hears of new objects. */
export type NoticesBy =
  | { readonly kind: 'topic'; readonly topicArn: string; readonly topicPrefix: string }
  | { readonly kind: 'eventbridge' }
  | { readonly kind: 'own-bucket' };

/** Where an indexer's objects are. */
export interface ResolvedSource {
  readonly bucketName: string;
  readonly prefix: string;
  readonly region: string;
  readonly key?: SourceKey;
  readonly notices: NoticesBy;
}

/**
 * @param logs of the same settings file, where it has them
 * @throws SettingsInvalid when a central bucket is meant that there is not
 */
export function resolveSource(
  { name, source }: Pick<IndexerSettings, 'name' | 'source'>,
  { account, region, prefix }: Pick<IndexersSettings, 'account' | 'region' | 'prefix'>,
  logs: LogSettings | undefined,
): ResolvedSource {
  const { central, bucket, newBucket, topicArn, keyArn } = source;
  if (central !== undefined) return centralSource(name, central, source.prefix, { account, region, prefix }, logs);
  const common = { bucketName: bucket ?? newBucket ?? '', prefix: source.prefix, region };
  if (newBucket !== undefined) return { ...common, notices: { kind: 'own-bucket' } };
  return {
    ...common,
    ...(keyArn !== undefined && { key: { keyArn } }),
    notices: topicArn === undefined ? { kind: 'eventbridge' } : { kind: 'topic', topicArn, topicPrefix: '' },
  };
}

function centralSource(
  name: string,
  kind: BucketKind,
  prefix: string,
  home: Pick<IndexersSettings, 'account' | 'region' | 'prefix'>,
  logs: LogSettings | undefined,
): ResolvedSource {
  const refuse = (reason: string): never => {
    throw new SettingsInvalid(`Indexer ${name}: source.central ${kind}: ${reason}`);
  };
  if (!logs) return refuse('these settings have no part logs; name bucket, topicArn and keyArn instead');
  if (!kindsOf(logs).includes(kind)) return refuse('there is no such bucket by the part logs');
  if (logs.account !== home.account || logs.region !== home.region)
    return refuse(
      `it is in ${logs.account}, ${logs.region}, but the indexers are in ${home.account}, ${home.region}; ` +
        'name bucket, topicArn and keyArn instead',
    );
  const topicPrefix = notifiedPrefixes(logs, kind).find((each) => prefix.startsWith(each));
  if (topicPrefix === undefined) return refuse(`no notification of it covers "${prefix}"`);
  return {
    bucketName: logBucketName(logs, kind),
    prefix,
    region: logs.region,
    ...(!underKeysOfS3.includes(kind) && { key: { alias: logKeyAlias(logs), account: logs.account } }),
    notices: {
      kind: 'topic',
      topicArn: `arn:aws:sns:${logs.region}:${logs.account}:${topicName(logs, kind, topicPrefix)}`,
      topicPrefix,
    },
  };
}
