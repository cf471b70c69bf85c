/** A role of fine-grained access control, as the lane grants it bit by bit. */
import { ask } from '../stack/stack.ts';
import { matches } from '../support/iam-matcher.ts';

/** As the REST API of the security plugin takes it. */
export interface RoleDocument {
  cluster_permissions: string[];
  index_permissions: { index_patterns: string[]; allowed_actions: string[] }[];
}

export const emptyRole = (): RoleDocument => ({ cluster_permissions: [], index_permissions: [] });

/** All its permissions, sorted; each index permission with the patterns that it is for. */
export const permissionsOf = (role: RoleDocument): string[] =>
  [
    ...role.cluster_permissions,
    ...role.index_permissions.flatMap(({ index_patterns: patterns, allowed_actions: actions }) =>
      actions.map((action) => `${action} on ${patterns.join(',')}`),
    ),
  ].sort();

/**
 * Adds to `granted` what `shipped` has for this permission: the same line, for the same indices.
 * @returns the line, as permissionsOf has it; undefined where the shipped role has none that is not granted yet
 */
export function grant(granted: RoleDocument, shipped: RoleDocument, permission: string): string | undefined {
  const ofCluster = shipped.cluster_permissions.find(
    (line) => matches(line, permission) && !granted.cluster_permissions.includes(line),
  );
  if (ofCluster !== undefined) {
    granted.cluster_permissions.push(ofCluster);
    return ofCluster;
  }
  for (const { index_patterns: patterns, allowed_actions: actions } of shipped.index_permissions) {
    const same = granted.index_permissions.find((entry) => String(entry.index_patterns) === String(patterns));
    const line = actions.find((action) => matches(action, permission) && !same?.allowed_actions.includes(action));
    if (line === undefined) continue;
    if (same) same.allowed_actions.push(line);
    else granted.index_permissions.push({ index_patterns: patterns, allowed_actions: [line] });
    return `${line} on ${patterns.join(',')}`;
  }
  return undefined;
}

export const putRole = (name: string, role: RoleDocument): Promise<unknown> =>
  ask('PUT', `/_plugins/_security/api/roles/${name}`, role);

/** Maps the role to these IAM roles, and to nobody else. */
export const mapRole = (name: string, roleArns: readonly string[]): Promise<unknown> =>
  ask('PUT', `/_plugins/_security/api/rolesmapping/${name}`, { backend_roles: roleArns });
