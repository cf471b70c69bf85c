import { resolveIntrinsics, type DeployedStacks } from './intrinsics.ts';

/**
 * Decides, as IAM would within one account, whether a role may do something: allowed by the role's own policies, and denied
 * neither by them nor by the policy of the bucket. Knows only what these stacks use; anything else is an error, never a guess.
 */

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Condition keys of a request, `s3:prefix`; an absent key is absent from the request. */
export type RequestContext = Readonly<Record<string, string | undefined>>;

/** An element of a policy that this matcher does not know. */
export class PolicyElementUnknown extends Error {
  override readonly name = 'PolicyElementUnknown';
}

/**
 * @param roleLogicalId of the role in its template.
 * @param resource the ARN that the request is about; `*` for requests that are about none.
 */
export function policyAllows(
  stacks: DeployedStacks,
  roleLogicalId: string,
  action: string,
  resource: string,
  context: RequestContext = {},
): boolean {
  const own = roleStatements(stacks, roleLogicalId);
  const denials = [...own, ...bucketStatements(stacks, bucketOf(resource))];
  return (
    own.some((statement) => applies(statement, 'Allow', action, resource, context)) &&
    !denials.some((statement) => applies(statement, 'Deny', action, resource, context))
  );
}

/** All statements of the role's policies, resolved. */
export function roleStatements(stacks: DeployedStacks, roleLogicalId: string): Statement[] {
  return stacks.templates.flatMap((template) =>
    Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties }]) => {
      const isOwn = Type === 'AWS::IAM::Role' && logicalId === roleLogicalId;
      const isAttached =
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties?.['Roles']).includes(`{"Ref":"${roleLogicalId}"}`);
      if (isOwn && Properties?.['ManagedPolicyArns']) {
        throw new PolicyElementUnknown(`${logicalId} has managed policies, whose content no template shows`);
      }
      const inline = isOwn ? ((Properties?.['Policies'] ?? []) as { PolicyDocument: unknown }[]) : [];
      const documents = isAttached
        ? [Properties?.['PolicyDocument']]
        : inline.map(({ PolicyDocument }) => PolicyDocument);
      return documents.flatMap((document) => statements(resolveIntrinsics(stacks, template, document)));
    }),
  );
}

/** The statements of a bucket's policy, resolved. */
export function bucketStatements(stacks: DeployedStacks, bucket: string | undefined): Statement[] {
  return stacks.templates.flatMap((template) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::S3::BucketPolicy')
      .map(({ Properties }) => resolveIntrinsics(stacks, template, Properties) as Record<string, unknown>)
      .filter((properties) => properties['Bucket'] === bucket)
      .flatMap((properties) => statements(properties['PolicyDocument'])),
  );
}

/** Logical ids of the roles whose id begins so: `WipeStagingRole`. */
export const roleIds = (stacks: DeployedStacks, beginning = ''): string[] =>
  stacks.templates.flatMap((template) =>
    Object.entries(template.Resources)
      .filter(([logicalId, { Type }]) => Type === 'AWS::IAM::Role' && logicalId.startsWith(beginning))
      .map(([logicalId]) => logicalId),
  );

/** Whether the statement speaks of this request. */
export const applies = (
  statement: Statement,
  effect: Statement['Effect'],
  action: string,
  resource: string,
  context: RequestContext,
): boolean =>
  statement.Effect === effect &&
  statement.Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
  statement.Resource.some((pattern) => matches(pattern, resource)) &&
  Object.entries(statement.Condition ?? {}).every(([operator, tests]) =>
    Object.entries(tests).every(([key, values]) => holds(operator, context[key], list(values))),
  );

/** `*` for any characters, `?` for one. */
export const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(text);

function holds(operator: string, value: string | undefined, expected: readonly string[]): boolean {
  if (operator === 'Null') return expected.includes(String(value === undefined));
  if (operator.endsWith('IfExists')) return value === undefined || holds(operator.slice(0, -8), value, expected);
  // A negated operator holds where the request has no such key.
  if (operator === 'ArnNotEquals') return value === undefined || !holds('ArnEquals', value, expected);
  if (value === undefined) return false;
  switch (operator) {
    // Of keys with several values; a request here has one.
    case 'ForAnyValue:StringEquals':
    case 'StringEquals':
      return expected.includes(value);
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return expected.some((pattern) => matches(pattern, value));
    case 'Bool':
      return expected.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
    case 'NumericGreaterThan':
      return expected.some((limit) => Number(value) > Number(limit));
    default:
      throw new PolicyElementUnknown(`condition operator ${operator}`);
  }
}

/** The statements of a policy document whose intrinsics are resolved. */
export function statements(document: unknown): Statement[] {
  const { Statement: found } = document as { Statement: Record<string, unknown>[] };
  return found.map((statement) => {
    for (const element of Object.keys(statement)) {
      if (!['Sid', 'Effect', 'Action', 'Resource', 'Condition', 'Principal'].includes(element)) {
        throw new PolicyElementUnknown(`statement element ${element}`);
      }
    }
    return {
      ...statement,
      Action: list(statement['Action']),
      Resource: list(statement['Resource']),
    } as unknown as Statement;
  });
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String);

const bucketOf = (resource: string): string | undefined => /^arn:aws[a-z-]*:s3:::([^/]+)/.exec(resource)?.[1];
