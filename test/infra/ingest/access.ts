import { applies, roleStatements, statements, type RequestContext, type Statement } from '../../support/iam-matcher.ts';
import { resolveIntrinsics, type DeployedStacks } from '../../support/intrinsics.ts';

/** Decides, as IAM would, who may do what to a bucket or a key by its resource policy and the caller's own rights. */

export type Caller =
  | {
      readonly role: string;
      /** By the caller's own policies; an administrator's allow everything. */
      readonly own: (action: string, resource: string, context: RequestContext) => boolean;
    }
  | { readonly service: string };

interface WithPrincipal extends Statement {
  readonly Principal: '*' | Readonly<Record<'AWS' | 'Service', string | readonly string[] | undefined>>;
}

export const administrator = (account: string): Caller => ({
  role: `arn:aws:iam::${account}:role/Admin`,
  own: () => true,
});
export const root = (account: string): Caller => ({ role: `arn:aws:iam::${account}:root`, own: () => true });
export const service = (name: string): Caller => ({ service: name });

/** A role of a template, with the rights that the template gives it. */
export function deployedRole(stacks: DeployedStacks, logicalIdBegins: string): Caller {
  const found = stacks.templates.flatMap((template) =>
    Object.entries(template.Resources).filter(
      ([logicalId, { Type }]) => Type === 'AWS::IAM::Role' && logicalId.startsWith(logicalIdBegins),
    ),
  );
  const [[logicalId, resource] = ['', undefined], ...others] = found;
  if (!resource || others.length > 0) throw new RangeError(`${found.length} roles begin with ${logicalIdBegins}`);
  const own = roleStatements(stacks, logicalId);
  return {
    role: `arn:aws:iam::${stacks.account}:role/${String(resource.Properties?.['RoleName'])}`,
    own: (action, target, context) =>
      own.some((each) => applies(each, 'Allow', action, target, context)) &&
      !own.some((each) => applies(each, 'Deny', action, target, context)),
  };
}

/** The statements of the only resource of a type whose properties fit. */
export function policyOf(
  stacks: DeployedStacks,
  type: string,
  property: string,
  fits: (text: string) => boolean,
): WithPrincipal[] {
  const found = stacks.templates.flatMap((template) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => resolveIntrinsics(stacks, template, Properties) as Record<string, unknown>)
      .filter((properties) => fits(JSON.stringify(properties))),
  );
  if (found.length !== 1) throw new RangeError(`${found.length} of ${type} fit`);
  return statements(found[0]![property]) as WithPrincipal[];
}

/**
 * @param owner account of the resource.
 * @param resource `*` for a key, whose policy speaks of nothing else.
 */
export function mayDo(
  policy: readonly WithPrincipal[],
  owner: string,
  caller: Caller,
  action: string,
  resource: string,
  more: RequestContext = {},
): boolean {
  const isService = 'service' in caller;
  const account = isService ? undefined : caller.role.split(':')[4]!;
  const context: RequestContext = {
    'aws:SecureTransport': 'true',
    'aws:PrincipalIsAWSService': String(isService),
    ...(!isService && { 'aws:PrincipalArn': caller.role }),
    ...more,
  };
  const names = (statement: WithPrincipal): boolean => {
    if (statement.Principal === '*') return true;
    const { AWS = [], Service = [] } = statement.Principal;
    if (isService) return [Service].flat().includes(caller.service) || [AWS].flat().includes('*');
    return [AWS].flat().some((each) => each === '*' || each === `arn:aws:iam::${account}:root`);
  };
  const speaking = policy.filter(names);
  if (speaking.some((each) => applies(each, 'Deny', action, resource, context))) return false;
  const isAllowedHere = speaking.some((each) => applies(each, 'Allow', action, resource, context));
  if (isService) return isAllowedHere;
  // No policy here names a role as principal: what is allowed to an account, its roles need by a policy of their own besides.
  const isAllowedThere = caller.own(action, resource, context);
  return account === owner ? isAllowedThere : isAllowedHere && isAllowedThere;
}

/** Whether any statement allows something that the pattern fits, whatever its conditions. */
export const allowsAny = (policy: readonly Statement[], pattern: RegExp): boolean =>
  policy.some(
    ({ Effect, Action }) => Effect === 'Allow' && Action.some((action) => pattern.test(action) || action === '*'),
  );
