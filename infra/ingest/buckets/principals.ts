import { aws_iam as iam } from 'aws-cdk-lib';
import type { LogSettings } from '../config/buckets.ts';
import type { BucketKind } from '../config/kinds.ts';
import { bootstrapRoleArn, deliveryRoleName, replicationRoleName, roleArnOf, syslogRoleName } from './names.ts';

/** Who is who to the central buckets. */

/** The roles that may write to a bucket; services that write by themselves are no roles. */
export function writersOf(settings: LogSettings, kind: BucketKind): string[] {
  const { sources } = settings;
  switch (kind) {
    case 'cloudwatch':
      return sources
        .filter((source) => source.cloudWatchLogs)
        .map(({ account, region }) => roleArnOf(account, deliveryRoleName(settings, region)));
    case 'syslog':
      return sources
        .filter((source) => source.syslog)
        .map(({ account, region }) => roleArnOf(account, syslogRoleName(settings, region)));
    case 'drop':
      return [...settings.dropWriters];
    default:
      return [];
  }
}

/** @param region of the buckets: the second copy is deployed by another role. */
export const deployersOf = (settings: LogSettings, region = settings.region): readonly string[] =>
  settings.deploymentRoles ?? [bootstrapRoleArn(settings.account, region)];

export const replicationRoleArn = (settings: LogSettings): string =>
  roleArnOf(settings.account, replicationRoleName(settings));

/**
 * Roles as a policy lets them in: by the condition key, not as principals. A principal must exist when the policy is written,
 * and a role that is made anew is another principal under the same name. What is granted so is granted to the role's account: the
 * role needs the same right in a policy of its own, in the log account as well.
 */
export function byRole(roles: readonly string[]): {
  readonly principals: iam.IPrincipal[];
  readonly conditions: { readonly ArnEquals: { readonly 'aws:PrincipalArn': readonly string[] } };
} {
  const accounts = new Set(roles.map((role) => role.split(':')[4] ?? ''));
  return {
    principals: [...accounts].map((account) => new iam.AccountPrincipal(account)),
    conditions: { ArnEquals: { 'aws:PrincipalArn': [...roles] } },
  };
}

/** Everybody but the roles named, and AWS services acting on their own; administrators and the root user are within it. */
export const everybodyBut = (roles: readonly string[]): Record<string, Record<string, string | readonly string[]>> => ({
  BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
  ArnNotEquals: { 'aws:PrincipalArn': [...roles] },
});
