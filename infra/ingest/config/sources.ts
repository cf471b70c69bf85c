import { z } from 'zod';
import { accountId, distinct, matching, regionName, secretArn } from '../../config/places.ts';
import { hasHostBits, isNetwork, logGroupName } from './places.ts';

/** A source: one account in one region, and what it sends. */

const cloudWatchLogs = z
  .strictObject({
    /** Only these log groups. Without it, all of the account and region but `exclude`. */
    logGroups: z.array(logGroupName).min(1).refine(distinct, { error: 'names a log group twice' }).optional(),
    /**
     * Log groups that are left out beside those that the same settings make: of whatever else the logs pass through. Without them,
     * every line sent would make another line to send.
     */
    exclude: z.array(logGroupName).refine(distinct, { error: 'names a log group twice' }).default([]),
    filterPattern: z.string().max(1024).default(''),
    /** Firehose writes after so long, or when 64 MiB have come for one partition. */
    bufferSeconds: z.number().int().min(60).max(900).default(300),
    /** An alarm says when the oldest record not yet delivered is older. */
    alarmAfterSeconds: z.number().int().min(120).max(86_400).default(1800),
  })
  .refine(({ logGroups, exclude }) => logGroups === undefined || exclude.length === 0, {
    error: 'has no meaning beside logGroups',
    path: ['exclude'],
  })
  .refine(({ bufferSeconds, alarmAfterSeconds }) => alarmAfterSeconds >= 2 * bufferSeconds, {
    error: 'must be at least twice bufferSeconds, or the alarm is never off',
    path: ['alarmAfterSeconds'],
  });

const cloudTrail = z.strictObject({
  /** Of the account that manages an organization: the trail then covers all of its accounts. */
  organizationId: matching(/^o-[a-z0-9]{10,32}$/, 'must be the id of an organization: o-...').optional(),
});

const config = z.strictObject({
  /** False where the account has AWSServiceRoleForConfig already; CloudFormation cannot make it twice. */
  createServiceLinkedRole: z.boolean().default(true),
  /** Users, roles and the like: in one region of each account. */
  globalResources: z.boolean().default(false),
});

export const syslog = z
  .strictObject({
    vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC: vpc-...'),
    /** With a way to S3, to the registry and to Secrets Manager. */
    subnetIds: z.array(matching(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet: subnet-...')).min(1),
    /** Of each subnet, in the same order. */
    availabilityZones: z.array(matching(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'must be the name of a zone: eu-west-1a')),
    /** Who may send. The load balancer has IPv4 addresses only. */
    senders: z
      .array(
        z
          .cidrv4({ error: 'must be a range of IPv4 addresses: 10.0.0.0/8', abort: true })
          .refine(isNetwork, hasHostBits),
      )
      .min(1),
    /** A secret with the JSON fields `certificate` and `key`, both PEM. */
    certificateSecretArn: secretArn,
    /** PEM of the authority of the senders' certificates; without it any sender within `senders` may connect. */
    senderAuthority: matching(/^-----BEGIN CERTIFICATE-----/, 'must be a certificate in PEM').optional(),
    /**
     * Another image than rsyslog's own, with its digest: one with fluentd, say. It gets the same variables and folders, and
     * must keep the same promises.
     */
    image: matching(
      /^\S+@sha256:[0-9a-f]{64}$/,
      'must be an image with its digest: REGISTRY/NAME@sha256:...',
    ).optional(),
    /** Receivers behind the load balancer: each a service of one task with a folder of its own. */
    receivers: z.number().int().min(1).max(10).default(1),
  })
  .refine(({ subnetIds, availabilityZones }) => subnetIds.length === availabilityZones.length, {
    error: 'must name the zone of each subnet, in the same order',
    path: ['availabilityZones'],
  });
export type SyslogSettings = z.output<typeof syslog>;

export const source = z
  .strictObject({
    account: accountId,
    region: regionName,
    cloudWatchLogs: cloudWatchLogs.optional(),
    cloudTrail: cloudTrail.optional(),
    config: config.optional(),
    syslog: syslog.optional(),
  })
  .refine((each) => each.cloudWatchLogs ?? each.cloudTrail ?? each.config ?? each.syslog, {
    error: 'sends nothing: give it cloudWatchLogs, cloudTrail, config or syslog',
  });
export type LogSource = z.output<typeof source>;
