/** The workflows with a role of their own, and the IAM roles that act in them. */
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { domainRoleDocument, indicesOf, roleDocument } from '../../functions/rights/role-documents.ts';
import { applyRights } from '../../functions/rights/apply-rights.ts';
import type { ApplyRightsResult, WorkflowWithRole } from '../../functions/rights/contract.ts';
import { openSearchAccessControl } from '../../ports/opensearch-access-control.ts';
import { ask, endpoints } from '../stack/stack.ts';
import { emptyRole, mapRole, putRole } from './cluster-role.ts';
import type { Pupil } from './learn.ts';

const stackOf: Readonly<Record<WorkflowWithRole, string>> = {
  archive: 'permafrost-archive',
  snapshot: 'permafrost-snapshots',
  restore: 'permafrost-restore',
};

/** ARNs of the IAM roles of the workflow's stack, by physical name. */
export function iamRoles(workflow: WorkflowWithRole): Map<string, string> {
  const known = JSON.parse(readFileSync(inject('physicalIdsFile'), 'utf8')) as Record<
    string,
    { ref: string; attributes: { Arn: string } }
  >;
  const ofStack = Object.entries(known).filter(
    ([place]) => place.startsWith(`${stackOf[workflow]}/`) && place.endsWith('/AWS::IAM::Role'),
  );
  return new Map(ofStack.map(([, { ref, attributes }]) => [ref, attributes.Arn]));
}

const roleName = (workflow: WorkflowWithRole): string => `permafrost-${workflow}`;
const roleArns = (workflow: WorkflowWithRole): string[] => [...iamRoles(workflow).values()];

/** Makes the workflow's role, without any permission. */
export async function newPupil(workflow: WorkflowWithRole): Promise<Pupil> {
  const name = roleName(workflow);
  const granted = emptyRole();
  await putRole(name, granted);
  await mapRole(name, roleArns(workflow));
  const { cluster_permissions, index_permissions } = roleDocument(workflow);
  const shipped = {
    cluster_permissions: [...cluster_permissions],
    index_permissions: index_permissions.map(({ index_patterns, allowed_actions }) => ({
      index_patterns: [...index_patterns],
      allowed_actions: [...allowed_actions],
    })),
  };
  return { workflow, name, granted, shipped, lessons: [] };
}

/** Removes the workflow's role and its mapping. */
export async function forgetRole(workflow: WorkflowWithRole): Promise<void> {
  for (const kind of ['rolesmapping', 'roles'])
    await ask('DELETE', `/_plugins/_security/api/${kind}/${roleName(workflow)}`);
}

/** What a deployment limits each role to: the archive's to the patterns of its settings (infra/local/synth.ts). */
const indicesFor: Readonly<Record<WorkflowWithRole, string[]>> = {
  archive: indicesOf(['logdata-DDMMYYYY']),
  snapshot: ['*'],
  restore: ['*'],
};

/** As a deployment does it. */
export const apply = (workflow: WorkflowWithRole): Promise<ApplyRightsResult> =>
  applyRights(
    { dryRun: false },
    {
      rights: {
        role: roleName(workflow),
        document: domainRoleDocument(workflow, indicesFor[workflow]),
        backendRoles: roleArns(workflow),
      },
      connect: () =>
        Promise.resolve(
          openSearchAccessControl({ endpoint: inject('nodeUrl'), region: endpoints.region, user: inject('admin') }),
        ),
    },
    { warn: () => undefined },
  );
