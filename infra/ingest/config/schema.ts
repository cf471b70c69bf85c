import { z } from 'zod';
import { analytics } from './analytics.ts';
import { logs } from './buckets.ts';
import { indexers } from './indexers.ts';
import { subscriptions } from './subscriptions.ts';

/** The settings of what brings logs in: one JSON file, a part for each group of stacks. */
export const ingestSchema = z.strictObject({
  logs: logs.optional(),
  indexers: indexers.optional(),
  subscriptions: subscriptions.optional(),
  analytics: analytics.optional(),
});
export type IngestSettings = z.output<typeof ingestSchema>;
