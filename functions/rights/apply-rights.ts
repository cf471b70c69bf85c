import type { Context } from 'aws-lambda';
import { z } from 'zod';
import type { AccessControl, RoleDocument } from '../../ports/access-control.ts';
import { ClusterAnswerUnknown } from '../../workflow/errors.ts';
import { clusterVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { connectAsAdministrator } from './administrator.ts';
import { answered, isFromCloudFormation } from './cloudformation.ts';
import { commaSeparated } from '../comma-separated.ts';
import { applyRightsContract, type ApplyRightsResult, workflowsWithRole } from './contract.ts';
import { roleDifferences } from './role-differences.ts';
import { domainRoleDocument } from './role-documents.ts';

export const environment = z.object({
  ...clusterVariables,
  /** Whose role it is. */
  WORKFLOW: z.enum(workflowsWithRole),
  ROLE_NAME: z.string().min(1),
  /** What the role is limited to: `logdata-*,cwl-*`. */
  INDICES: commaSeparated.pipe(z.array(z.string()).min(1)),
  /** Whether the archive workflow of this deployment deletes what it has archived. */
  DELETES_SOURCES: z.enum(['true', 'false']),
  /** ARNs of the IAM roles of the functions that call the cluster. */
  FUNCTION_ROLE_ARNS: commaSeparated.pipe(z.array(z.string()).min(1)),
  /** A secret `{"username": ..., "password": ...}` of an administrator; or the role of one; or, without both, the function's own role. */
  MASTER_SECRET_ARN: z.string().optional(),
  MASTER_ROLE_ARN: z.string().optional(),
});

export interface Rights {
  readonly role: string;
  readonly document: RoleDocument;
  readonly backendRoles: readonly string[];
}

export interface Ports {
  readonly rights: Rights;
  readonly connect: () => Promise<AccessControl>;
}

/**
 * Makes the role as it is shipped, and gives it to the functions. Twice is as good as once. Who else has the role keeps it; what
 * a person changed in the role itself is set right, and told.
 * @throws AdminCredentialsUnusable
 */
export async function applyRights(
  { dryRun }: z.output<typeof applyRightsContract.input>,
  { rights: { role, document, backendRoles }, connect }: Ports,
  say: Pick<Telemetry, 'warn'>,
): Promise<ApplyRightsResult> {
  const access = await connect();
  const told = { role, dryRun, differences: [], mapped: [], others: [] };
  if (!(await access.isEnabled())) return { ...told, outcome: 'not-enabled' };

  const there = await access.role(role);
  const differences = there === undefined ? [] : roleDifferences(there, document);
  const outcome = there === undefined ? 'created' : differences.length > 0 ? 'updated' : 'unchanged';
  if (outcome === 'updated') say.warn('The role on the cluster is not the one that is shipped', { role, differences });
  if (outcome !== 'unchanged' && !dryRun) await access.putRole(role, document);

  const before = await access.backendRoles(role);
  const mapped = backendRoles.filter((backendRole) => !before.includes(backendRole));
  if (mapped.length > 0 && !dryRun) await mapAndReadBack(access, role, mapped);
  const others = before.filter((backendRole) => !backendRoles.includes(backendRole));
  return { ...told, outcome, differences, mapped, others };
}

async function mapAndReadBack(access: AccessControl, role: string, backendRoles: readonly string[]): Promise<void> {
  await access.addBackendRoles(role, backendRoles);
  const now = await access.backendRoles(role);
  const lost = backendRoles.filter((backendRole) => !now.includes(backendRole));
  if (lost.length > 0)
    throw new ClusterAnswerUnknown(`mapped to ${role}, but not there afterwards: ${lost.join(', ')}`);
}

export const step = defineStep('ApplyRights', applyRightsContract, {
  environment,
  connect: (variables): Ports => ({
    rights: {
      role: variables.ROLE_NAME,
      document: domainRoleDocument(variables.WORKFLOW, variables.INDICES, variables.DELETES_SOURCES === 'true'),
      backendRoles: variables.FUNCTION_ROLE_ARNS,
    },
    connect: () =>
      connectAsAdministrator({
        endpoint: variables.DOMAIN_ENDPOINT,
        region: variables.AWS_REGION,
        secretArn: variables.MASTER_SECRET_ARN,
        roleArn: variables.MASTER_ROLE_ARN,
      }),
  }),
  run: applyRights,
});

const apply = lambdaHandler(step);

/** By hand with `{}` or `{"dryRun": true}`; or as the custom resource of a stack, which waits for the answer. */
export const handler = async (event: unknown, context: Context): Promise<ApplyRightsResult | undefined> =>
  isFromCloudFormation(event) ? answered(event, () => apply({}, context)) : apply(event, context);
