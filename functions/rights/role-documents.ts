import type { RoleDocument } from '../../ports/access-control.ts';
import { indexPattern } from '../index-pattern.ts';
import type { WorkflowWithRole } from './contract.ts';
import archive from './roles/archive.json' with { type: 'json' };
import deleteSourceIndices from './roles/delete-source-indices.json' with { type: 'json' };
import restore from './roles/restore.json' with { type: 'json' };
import snapshot from './roles/snapshot.json' with { type: 'json' };

const shipped: Readonly<Record<WorkflowWithRole, Shipped>> = { archive, restore, snapshot };
interface Shipped extends Pick<RoleDocument, 'cluster_permissions'> {
  readonly index_permissions: readonly {
    readonly index_patterns: readonly string[];
    readonly allowed_actions: readonly string[];
  }[];
}

/** What stands in the files for the indices of the deployment. */
const anyIndex = '*';

/**
 * The role of a workflow, as the security plugin wants it: what every cluster asks for.
 * @param indices names that the role is limited to, `*` for any characters: `["logdata-*"]`
 */
export const roleDocument = (workflow: WorkflowWithRole, indices: readonly string[] = [anyIndex]): RoleDocument => ({
  cluster_permissions: shipped[workflow].cluster_permissions,
  index_permissions: indexPermissions(shipped[workflow], indices),
  tenant_permissions: [],
});

const indexPermissions = (
  { index_permissions }: Shipped,
  indices: readonly string[],
): RoleDocument['index_permissions'] =>
  index_permissions.map(({ index_patterns, allowed_actions }) => ({
    index_patterns: index_patterns.flatMap((pattern) => (pattern === anyIndex ? indices : [pattern])),
    allowed_actions,
    dls: '',
    fls: [],
    masked_fields: [],
  }));

/**
 * To list cold indices: every look at indices asks for them too. Only the managed service has such an API, so that no run of the
 * tests can miss it; elsewhere it grants nothing.
 */
const listColdIndices = 'cluster:admin/cold/indices/search';

/**
 * The same for a domain of the managed service.
 * @param deletesSources whether the archive workflow of this deployment has the state `DeleteSourceIndices`
 */
export function domainRoleDocument(
  workflow: WorkflowWithRole,
  indices: readonly string[] = [anyIndex],
  deletesSources = false,
): RoleDocument {
  const plain = roleDocument(workflow, indices);
  const more = deletesSources ? indexPermissions(deleteSourceIndices, indices) : [];
  const document = { ...plain, index_permissions: [...plain.index_permissions, ...more] };
  const looksAtIndices = document.index_permissions.some(({ allowed_actions }) =>
    allowed_actions.includes('indices:admin/resolve/index'),
  );
  if (!looksAtIndices) return document;
  return { ...document, cluster_permissions: [...document.cluster_permissions, listColdIndices] };
}

/** `logdata-*` for `logdata-DDMMYYYY`: what a role is limited to that is to reach the indices of these patterns. */
export const indicesOf = (patterns: readonly string[]): string[] => [
  ...new Set(patterns.map((pattern) => indexPattern(pattern).wildcard.replaceAll(/\*+/g, '*'))),
];
