import { z } from 'zod';
import { distinct } from '../../config/places.ts';
import { indexers } from './indexers.ts';
import { logGroupName } from './places.ts';

/** Settings of the indexer of subscriptions: log groups that go into the cluster at once, not by way of Firehose and S3. */

const { prefix, account, region, domain, user, network, emails } = indexers.shape;
const indexPattern = indexers.shape.indexers.element.shape.indexPattern;

export const subscriptions = z.strictObject({
  ...{ prefix, account, region, domain, user, network, emails },
  /** A log group takes two subscriptions in all, and Lambda's policy has room for some fifty permissions. */
  logGroups: z.array(logGroupName).min(1).max(50).refine(distinct, { error: 'names a log group twice' }),
  /** Of CloudWatch Logs; empty: all events. */
  filterPattern: z.string().max(1024).default(''),
  indexPattern: indexPattern.default('cwl-YYYY.MM.DD'),
});
export type SubscriptionsSettings = z.output<typeof subscriptions>;
