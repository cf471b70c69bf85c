/** Every call that the stack recorded, held against the synthesized policies. Runs last: it judges what the other files did. */
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, expect, test, vi } from 'vitest';
import type { RecordedCall } from '../../infra/local/gateway/calls.ts';
import { matches, policyAllows, roleIds, roleStatements, type RequestContext } from '../support/iam-matcher.ts';
import { deployedStacks } from './deployed.ts';
import { ended, makeTheArchive, recordedCalls, run, sfn, start } from './stack.ts';
import { unusedGrants } from './unused-grants.ts';

const stacks = deployedStacks();
const roles = roleIds(stacks);
/** No two stacks have a role of one logical id. */
const physicalNames = new Map(
  stacks.templates.flatMap((template) =>
    roleIds({ ...stacks, templates: [template] }).map((roleId) => [roleId, stacks.physicalId(template, roleId)]),
  ),
);
const physicalName = (roleId: string): string => physicalNames.get(roleId) ?? roleId;
/** `WipeStagingRole` of `WipeStagingRole6A2F927B`. All indexers are one, as they are made alike. */
const plain = (roleId: string): string =>
  roleId.replace(/[0-9A-F]{8}$/, '').replace(/^(?!Indexer).*(?=IndexingRole$)/, '');
/** Buckets that tests lead the cluster to, past the workflow: their names begin or end so. */
const ofTests = /^arn:aws:s3:::(cluster-|no-such-|[a-z0-9-]+-slow(\/|$))/;
let calls: RecordedCall[];

beforeAll(async () => {
  // One success, one failure, one that is stopped: enough to judge by when this file runs alone.
  await makeTheArchive();
  await run({ indices: ['never-there'] });
  const executionArn = await start({ indices: ['never-there'] });
  await sfn.send(new StopExecutionCommand({ executionArn }));
  await ended(executionArn);
  // After the end of an execution, by the rule on those that no Catch saw.
  const published = ({ caller, action }: RecordedCall): boolean =>
    caller === 'permafrost-notify-uncaught' && action === 'sns:Publish';
  await vi.waitFor(async () => expect((await recordedCalls()).some(published)).toBe(true), 60_000);
  calls = (await recordedCalls()).filter(({ role, resource }) => role !== null && !ofTests.test(resource ?? ''));
}, 240_000);

const day = 86_400_000;

/** The condition keys of a call, as AWS would fill them in. */
function contextOf({ time, conditions = {} }: RecordedCall): RequestContext {
  const text = (name: string): string | undefined => {
    const value = conditions[name];
    return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  };
  const until = text('x-amz-object-lock-retain-until-date');
  return {
    'aws:SecureTransport': 'true', // HTTPS by the SDK's default; the stack's addresses are local ones
    's3:prefix': text('prefix'),
    's3:if-none-match': text('if-none-match'),
    's3:ObjectCreationOperation': text('createsObject'),
    's3:object-lock-remaining-retention-days':
      until === undefined ? undefined : String(Math.ceil((Date.parse(until) - Date.parse(time)) / day)),
    'ecs:cluster': text('cluster'),
    'iam:PassedToService': text('passedTo'),
    'lambda:FunctionArn': text('functionArn'),
  };
}

test('no two stacks have a role of one logical id', () => {
  expect(physicalNames.size).toBe(roles.length);
});

test('every caller is a role of the templates', () => {
  const known = new Set(roles.map(physicalName));
  expect([...new Set(calls.map(({ role }) => role!))].filter((role) => !known.has(role))).toEqual([]);
  // Functions, the container, the cluster and the state machine, each under its own.
  expect(new Set(calls.map(({ role }) => role)).size).toBeGreaterThanOrEqual(18);
});

test('every call is allowed to the role that made it', () => {
  const verdicts = new Map<string, boolean>();
  for (const call of calls) {
    const { role, action, resource } = call;
    const context = contextOf(call);
    const facts = Object.entries(context).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    const line = [role, action, resource ?? '*', ...facts].join(' ');
    if (verdicts.has(line)) continue;
    const roleId = roles.find((id) => physicalName(id) === role)!;
    verdicts.set(line, policyAllows(stacks, roleId, action, resource ?? '*', context));
  }
  expect(verdicts.size).toBeGreaterThan(100);
  expect([...verdicts].filter(([, allowed]) => !allowed).map(([line]) => line)).toEqual([]);
});

test('a call that a role has no right to would be seen', () => {
  const sealing = calls.find(
    ({ caller, action }) => caller === 'permafrost-seal-archive' && action === 's3:PutObject',
  )!;
  const may = (beginning: string, context: RequestContext): boolean =>
    policyAllows(
      stacks,
      roles.find((id) => id.startsWith(beginning))!,
      's3:PutObject',
      sealing.resource!,
      context,
    );
  expect(may('SealArchiveRole', contextOf(sealing))).toBe(true);
  expect(may('LockArchiveRole', contextOf(sealing))).toBe(false);
  expect(may('SealArchiveRole', { ...contextOf(sealing), 's3:if-none-match': undefined })).toBe(false);
  expect(may('SealArchiveRole', { ...contextOf(sealing), 'aws:SecureTransport': 'false' })).toBe(false);
  const decade = { ...contextOf(sealing), 's3:object-lock-remaining-retention-days': '3650' };
  expect(may('SealArchiveRole', decade)).toBe(false);
});

test('every grant is used, or there is a reason for it', () => {
  const callers = new Set(calls.map(({ role }) => role));
  // A stack none of whose workflows ran is not judged here.
  const judged = stacks.templates
    .map((template) => roleIds({ ...stacks, templates: [template] }))
    .filter((ofStack) => ofStack.some((roleId) => callers.has(physicalName(roleId))))
    .flat();
  expect(judged.map(plain)).toContain('SealArchiveRole');
  const grantsOf = (
    roleId: string,
  ): { roleId: string; statement: number; action: string; resources: readonly string[] }[] =>
    roleStatements(stacks, roleId)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action, Resource }, statement) =>
        Action.map((action) => ({ roleId, statement, action, resources: Resource })),
      );
  const granted = judged.flatMap(grantsOf);
  const used = ({ roleId, action, resources }: (typeof granted)[number]): boolean =>
    calls.some(
      (call) =>
        call.role === physicalName(roleId) &&
        matches(action, call.action) &&
        resources.some((resource) => matches(resource, call.resource ?? '*')),
    );
  const name = ({ roleId, action }: { roleId: string; action: string }): string => `${plain(roleId)} ${action}`;
  const isExplained = (grant: string): boolean =>
    unusedGrants.some(({ grants }) => grants.some((pattern) => matches(pattern, grant)));
  const alike = Map.groupBy(granted, (grant) => `${name(grant)} ${grant.statement}`);
  const unused = new Set([...alike.values()].filter((some) => !some.some(used)).map(([one]) => name(one!)));
  expect([...unused].sort().filter((grant) => !isExplained(grant))).toEqual([]);

  const all = roles.flatMap(grantsOf).map(name);
  const stale = unusedGrants.flatMap(({ grants }) =>
    grants.filter((pattern) => !all.some((grant) => matches(pattern, grant))),
  );
  expect(stale).toEqual([]);
});
