import { z } from 'zod';
import { resourcePrefix } from '../../config/names.ts';
import { accountId, distinct, matching, regionName } from '../../config/places.ts';
import { hasHostBits, isNetwork, logGroupName } from './places.ts';

/** Settings of the analytics of CloudTrail. Every default stands here, also for the template of the console. */

/** A range of at least /8: a list that lets half the internet in allows, it does not restrict. */
export const cidrPattern = '((25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1?\\d?\\d)/([89]|[12]\\d|3[0-2])';

const cidr = matching(
  new RegExp(`^${cidrPattern}$`),
  'must be a range of IPv4 addresses, of /8 or smaller: 198.51.100.0/24',
).refine(isNetwork, hasHostBits);

/** How many ranges a list may have: the template of the console has a rule for each, used or not. */
export const mostCidrs = 10;

const certificateArn = matching(
  /^arn:aws(-[a-z-]+)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
  'must be the ARN of a certificate of ACM in the region',
);

/** Those that the template of the console has too. */
export const analyticsDefaults = {
  prefix: 'permafrost',
  trailName: 'permafrost-analytics',
  logGroupName: '/permafrost/analytics/cloudtrail',
  instanceType: 'r7g.large.search',
  volumeGiB: 100,
} as const;

export const analytics = z
  .strictObject({
    prefix: resourcePrefix.default(analyticsDefaults.prefix),
    account: accountId,
    region: regionName,
    /** Who may open Dashboards: the one list, for the load balancer and for the proxy. */
    allowedCidrs: z.array(cidr).min(1).max(mostCidrs).refine(distinct, { error: 'names a range twice' }),
    certificateArn,
    vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC: vpc-...'),
    /** Public subnets of two zones. */
    subnetIds: z
      .array(matching(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet: subnet-...'))
      .length(2, 'must name two subnets')
      .refine(distinct, { error: 'names a subnet twice' }),
    trailName: matching(/^[A-Za-z0-9][\w.-]{1,126}[A-Za-z0-9]$/, 'must be the name of a trail').default(
      analyticsDefaults.trailName,
    ),
    logGroupName: logGroupName.default(analyticsDefaults.logGroupName),
    instanceType: matching(/^[a-z0-9]+\.[a-z0-9]+\.search$/, 'must be a type of search instances').default(
      analyticsDefaults.instanceType,
    ),
    /** Of each of the two data nodes. */
    volumeGiB: z.number().int().min(10).max(12_288).default(analyticsDefaults.volumeGiB),
    emails: z.array(z.email()).default([]),
  })
  .refine(({ certificateArn: arn, region }) => arn.split(':')[3] === region, {
    error: 'must be in the region',
    path: ['certificateArn'],
  });
export type AnalyticsSettings = z.output<typeof analytics>;
