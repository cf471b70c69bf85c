import { createHash } from 'node:crypto';
import { CustomResource, Duration, type Stack, type aws_iam as iam } from 'aws-cdk-lib';
import type { environment } from '../../functions/rights/apply-rights.ts';
import type { WorkflowWithRole } from '../../functions/rights/contract.ts';
import { domainRoleDocument } from '../../functions/rights/role-documents.ts';
import type { Domain, FineGrainedAccess } from '../config/fine-grained-access.ts';
import { bundleFunctions } from './bundles.ts';
import type { Network } from './network.ts';
import { allow, cluster } from './statements.ts';
import type { Variables } from './variables.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface ClusterRightsProps {
  readonly workflow: WorkflowWithRole;
  readonly prefix: string;
  readonly domain: Domain;
  /** Those that call the cluster get the role. */
  readonly functions: Readonly<Record<string, WorkflowFunction>>;
  /** What the role is limited to, `*` for any characters. Default: all indices. */
  readonly indices?: readonly string[];
  /** Whether the workflow deletes what it has archived. */
  readonly deletesSources?: boolean;
  /** Before the ids of the resources: that of the stack's other functions. */
  readonly idPrefix?: string;
  readonly serviceName: string;
  readonly network: Pick<Network, 'functions'>;
}

const entry = 'functions/rights/apply-rights';
/** Two repetitions by Lambda, each after some minutes, lie within the resource's time. */
const timeoutSeconds = 120;
const resourceTimeout = Duration.minutes(15);

/**
 * Where the settings say who administers the domain: the function that makes the workflow's role there and gives it to the
 * functions, and the custom resource that invokes it whenever one of both has changed.
 */
export function clusterRights(stack: Stack, props: ClusterRightsProps): void {
  const { workflow, prefix, domain, functions, indices = ['*'], deletesSources = false } = props;
  const { idPrefix = '', serviceName, network } = props;
  const access = domain.fineGrainedAccess;
  if (!access) return;
  const roleName = `${prefix}-${workflow}`;
  const arns = Object.values(functions)
    .filter(({ callsCluster }) => callsCluster)
    .map(({ role }) => role.roleArn);
  const variables: Variables<typeof environment> = {
    DOMAIN_ENDPOINT: domain.endpoint,
    WORKFLOW: workflow,
    ROLE_NAME: roleName,
    INDICES: indices.join(','),
    DELETES_SOURCES: deletesSources ? 'true' : 'false',
    FUNCTION_ROLE_ARNS: arns.join(','),
    ...administratorVariables(access),
  };
  const { version } = new WorkflowFunction(stack, `${idPrefix}ApplyRights`, {
    functionName: `${prefix}-apply-${workflow}-rights`,
    bundle: bundleFunctions(stack, [entry], 'rights')(entry),
    timeoutSeconds,
    variables,
    rights: administratorRights(access, domain.arn, roleName),
    network,
    serviceName,
  });
  new CustomResource(stack, `${idPrefix}ClusterRights`, {
    resourceType: 'Custom::ClusterRights',
    // Not the version: the address of who answers must stay the same.
    serviceToken: version.lambda.functionArn,
    serviceTimeout: resourceTimeout,
    // Whatever changes here makes the function run; it knows the rest from its variables.
    properties: {
      Role: roleName,
      RoleDocument: digest(domainRoleDocument(workflow, indices, deletesSources)),
      FunctionRoleArns: arns,
      Domain: domain.endpoint,
    },
  });
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

type AdministratorVariables = Pick<Variables<typeof environment>, 'MASTER_SECRET_ARN' | 'MASTER_ROLE_ARN'>;

const administratorVariables = ({
  masterSecretArn,
  masterRoleArn,
}: FineGrainedAccess): Partial<AdministratorVariables> => ({
  ...(masterSecretArn !== undefined && { MASTER_SECRET_ARN: masterSecretArn }),
  ...(masterRoleArn !== undefined && { MASTER_ROLE_ARN: masterRoleArn }),
});

/** A password is sent without a signature, and whoever assumes a role asks with that role's rights. */
function administratorRights(
  { masterSecretArn, masterSecretKmsKeyArn, masterRoleArn }: FineGrainedAccess,
  domainArn: string,
  roleName: string,
): iam.PolicyStatement[] {
  if (masterRoleArn !== undefined) return [allow(['sts:AssumeRole'], [masterRoleArn])];
  if (masterSecretArn !== undefined) {
    return [
      allow(['secretsmanager:GetSecretValue'], [masterSecretArn]),
      ...(masterSecretKmsKeyArn === undefined ? [] : [allow(['kms:Decrypt'], [masterSecretKmsKeyArn])]),
    ];
  }
  const own = ['_plugins', '_opendistro'].flatMap((api) =>
    [`roles/${roleName}`, `rolesmapping/${roleName}`].map((path) => `${api}/_security/api/${path}`),
  );
  const list = ['_plugins', '_opendistro'].map((api) => `${api}/_security/api/rolesmapping`);
  return [cluster(domainArn, ['Get'], [...list, ...own]), cluster(domainArn, ['Put', 'Patch'], own)];
}
