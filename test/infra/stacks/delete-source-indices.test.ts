import { beforeAll, expect, it } from 'vitest';
import { policyAllows, roleIds } from '../../support/iam-matcher.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

const domain = 'arn:aws:es:eu-west-1:111122223333:domain/logs';
const tls = { 'aws:SecureTransport': 'true' };

let plain: Synthesized;
let deleting: Synthesized;
beforeAll(async () => {
  plain = await synthesizeExample();
  deleting = await synthesizeExample({ deleteSourceIndices: true });
}, 120_000);

const rolesOf = (stacks: Synthesized): string[] => roleIds(stacks, 'DeleteSourceIndices');
const definition = ({ archive }: Synthesized): string =>
  JSON.stringify(resourcesOf(archive, 'AWS::StepFunctions::StateMachine'));

it('by default no state, function or role exists that could delete a source index', () => {
  expect(rolesOf(plain)).toEqual([]);
  expect(definition(plain)).not.toContain('DeleteSourceIndices');
  for (const role of roleIds(plain)) {
    expect(policyAllows(plain, role, 'es:ESHttpDelete', `${domain}/logdata-01012026`, tls), role).toBe(false);
  }
});

it('where it is asked for, one function may block an index and delete it, and nothing else that is written', () => {
  const [role, ...others] = rolesOf(deleting);
  expect(others).toEqual([]);
  const may = (action: string, path: string): boolean =>
    policyAllows(deleting, role!, `es:ESHttp${action}`, `${domain}/${path}`, tls);
  expect(definition(deleting)).toContain('DeleteSourceIndicesFailed');
  expect(may('Put', 'logdata-01012026/_block/write')).toBe(true);
  expect(may('Put', 'logdata-01012026/_settings')).toBe(true);
  expect(may('Delete', 'logdata-01012026')).toBe(true);
  for (const [action, path] of [
    ['Delete', '.opendistro_security'],
    ['Delete', 'logdata-01012026,logdata-02012026'],
    ['Delete', '_snapshot/x'],
    ['Delete', '_all'],
    ['Put', 'logdata-01012026/_doc/1'],
    ['Post', 'logdata-01012026/_delete_by_query'],
  ] as const) {
    expect(may(action, path), `${action} ${path}`).toBe(false);
  }
});
