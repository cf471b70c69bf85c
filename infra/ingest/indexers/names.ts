import type { IndexersSettings } from '../config/indexers.ts';

/**
 * Names that are known before the things are: policies of other accounts name the roles, and commands the queues.
 */

type Place = Pick<IndexersSettings, 'prefix' | 'account' | 'region'>;
type Prefix = Pick<IndexersSettings, 'prefix'>;

/** Of the function and its queue. The function's log group must be left out of subscriptions of a whole account. */
export const indexerName = ({ prefix }: Prefix, indexer: string): string => `${prefix}-index-${indexer}`;
export const deadLetterQueueName = (settings: Prefix, indexer: string): string =>
  `${indexerName(settings, indexer)}-dead-letters`;
/** With the region: names of roles are those of the whole account. */
export const indexerRoleName = (settings: Place, indexer: string): string =>
  `${indexerName(settings, indexer)}-${settings.region}`;
export const enablerName = ({ prefix }: Prefix): string => `${prefix}-enable-indexers`;
export const rejectsBucketName = ({ prefix, account, region }: Place): string =>
  `${prefix}-rejects-${account}-${region}`;

/** `load-balancers` -> `LoadBalancers`, for ids. */
export const idOf = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
