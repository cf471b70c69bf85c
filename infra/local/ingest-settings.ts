import type { z } from 'zod';
import { type FormatName, formatNames } from '../../functions/ingest/formats/index.ts';
import type { Settings } from '../config/schema.ts';
import type { ingestSchema } from '../ingest/config/schema.ts';

/** Where a day's log is indexed: application logs where the archive workflow looks for them, all else by its format. */
export const indexPatternOf = (format: FormatName): string =>
  format === 'json-lines' ? 'logdata-DDMMYYYY' : `${format}-YYYY.MM.DD`;

/** An indexer's name may not have more than 21 letters. */
export const indexerNameOf = (format: FormatName): string =>
  format === 'cloudwatch-logs-delivered' ? 'cloudwatch-delivered' : format;

/**
 * What brings logs into the local stack: an indexer of each format, and one of log groups. One bucket is for all objects; what lies below
 * `<format>/` is indexed as this format.
 */
export function ingestSettings({
  prefix,
  account,
  region,
  domain,
}: Pick<Settings, 'prefix' | 'account' | 'region' | 'domain'>): z.input<typeof ingestSchema> {
  const home = { prefix, account, region, domain };
  return {
    indexers: {
      ...home,
      indexers: formatNames.map((format) => ({
        name: indexerNameOf(format),
        source: { newBucket: `${prefix}-logs-${account}-${region}`, prefix: `${format}/` },
        format,
        indexPattern: indexPatternOf(format),
        maximumConcurrency: 2,
        memoryMiB: 512,
        timeoutSeconds: 60,
        maxReceiveCount: 5,
      })),
    },
    subscriptions: { ...home, logGroups: ['/permafrost/sample/app', '/permafrost/sample/cloudtrail'] },
  };
}
