import { streamName } from '../buckets/names.ts';
import { cloudwatchIndexerName } from '../cloudwatch-indexer.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { IngestSettings } from '../config/schema.ts';
import { enablerName, indexerName } from '../indexers/names.ts';

/**
 * Log groups that no subscription of a whole account may take in: of Firehose, which carries the logs, and of the functions that
 * index them. Each line of theirs would make another line of theirs. CloudWatch Logs compares whole names. Those of an account that
 * has none of these functions are named all the same: what is not there is not left out.
 * @param settings all of the file: indexers of another file are not known here, and belong in `exclude` of the source
 */
export function ownLogGroups(logs: Pick<LogSettings, 'prefix'>, settings: IngestSettings): string[] {
  const { indexers, subscriptions, analytics } = settings;
  const functions = [
    cloudwatchIndexerName(subscriptions?.prefix ?? logs.prefix),
    cloudwatchIndexerName(`${analytics?.prefix ?? logs.prefix}-analytics`),
    ...(indexers ? [...indexers.indexers.map(({ name }) => indexerName(indexers, name)), enablerName(indexers)] : []),
  ];
  return [`/aws/kinesisfirehose/${streamName(logs)}`, ...functions.map((name) => `/aws/lambda/${name}`)];
}
