import type { RoleDocument } from '../../ports/access-control.ts';

/**
 * What distinguishes a role from the one that is wanted, a line each: `+` for what it lacks, `-` for what it has beyond. Order
 * and repetition mean nothing.
 */
export function roleDifferences(there: RoleDocument, wanted: RoleDocument): string[] {
  const [has, needs] = [grants(there), grants(wanted)];
  return [
    ...[...needs].filter((grant) => !has.has(grant)).map((grant) => `+ ${grant}`),
    ...[...has].filter((grant) => !needs.has(grant)).map((grant) => `- ${grant}`),
  ];
}

const text = (items: readonly string[]): string => [...new Set(items)].sort().join(', ');

/** A role as a set of single grants. What limits one (documents, fields) is part of it. */
function grants({ cluster_permissions, index_permissions, tenant_permissions }: RoleDocument): Set<string> {
  return new Set([
    ...cluster_permissions,
    ...index_permissions.flatMap(({ index_patterns, allowed_actions, dls, fls, masked_fields }) => {
      const limits = [
        ...(dls === '' ? [] : [`documents ${dls}`]),
        ...(fls.length === 0 ? [] : [`fields ${text(fls)}`]),
        ...(masked_fields.length === 0 ? [] : [`masked ${text(masked_fields)}`]),
      ];
      const where = index_patterns.map((pattern) => [pattern, ...limits].join('; '));
      return where.flatMap((indices) => allowed_actions.map((action) => `${action} on ${indices}`));
    }),
    ...tenant_permissions.flatMap(({ tenant_patterns, allowed_actions }) =>
      tenant_patterns.flatMap((tenant) => allowed_actions.map((action) => `${action} of tenant ${tenant}`)),
    ),
  ]);
}
