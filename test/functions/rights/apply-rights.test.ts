import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyRights, type Ports, step } from '../../../functions/rights/apply-rights.ts';
import type { ApplyRightsResult } from '../../../functions/rights/contract.ts';
import { domainRoleDocument } from '../../../functions/rights/role-documents.ts';
import { openSearchAccessControl } from '../../../ports/opensearch-access-control.ts';
import { readEnvironment } from '../../../workflow/environment.ts';
import { type SecurityPlugin, startSecurityPlugin } from '../../support/security-plugin.ts';

const role = 'permafrost-archive';
const arns = ['arn:aws:iam::111122223333:role/one', 'arn:aws:iam::111122223333:role/two'];
const document = domainRoleDocument('archive', ['logdata-*']);

let plugin: SecurityPlugin;
let warnings: unknown[];
beforeEach(async () => {
  plugin = await startSecurityPlugin();
  warnings = [];
});
afterEach(() => plugin.close());

const ports = (backendRoles = arns): Ports => ({
  rights: { role, document, backendRoles },
  connect: () =>
    Promise.resolve(
      openSearchAccessControl({
        endpoint: plugin.url,
        region: 'eu-west-1',
        user: { username: 'admin', password: 'p' },
      }),
    ),
});
const apply = (dryRun = false, with_ = ports()): Promise<ApplyRightsResult> =>
  applyRights({ dryRun }, with_, { warn: (_, facts) => warnings.push(facts) });
const changes = (): string[] => plugin.requests.map(({ asked }) => asked).filter((asked) => !asked.startsWith('GET '));

describe('rights', () => {
  test('are made where there are none, and left alone the second time', async () => {
    const common = { role, dryRun: false, differences: [], others: [] };
    expect(await apply()).toEqual({ ...common, outcome: 'created', mapped: arns });
    expect(plugin.roles.get(role)).toEqual(document);
    expect(plugin.mappings.get(role)?.backend_roles).toEqual(arns);
    const before = changes();
    expect(await apply()).toEqual({ ...common, outcome: 'unchanged', mapped: [] });
    expect(changes()).toEqual(before);
  });

  test('that a person has changed are set right, and the differences told', async () => {
    await apply();
    const changed = structuredClone(plugin.roles.get(role)!);
    changed.cluster_permissions.push('cluster:admin/*');
    changed.cluster_permissions.splice(changed.cluster_permissions.indexOf('cluster:monitor/health'), 1);
    plugin.roles.set(role, changed);
    const differences = ['+ cluster:monitor/health', '- cluster:admin/*'];
    expect(await apply()).toMatchObject({ outcome: 'updated', differences, mapped: [] });
    expect(plugin.roles.get(role)).toEqual(document);
    expect(warnings).toEqual([{ role, differences }]);
    expect(await apply()).toMatchObject({ outcome: 'unchanged', differences: [] });
  });

  test('of others stay, and are told', async () => {
    await apply();
    const mapping = plugin.mappings.get(role)!;
    plugin.mappings.set(role, { ...mapping, backend_roles: ['somebody', arns[0]!], users: ['her'], hosts: ['h'] });
    expect(await apply()).toMatchObject({ outcome: 'unchanged', mapped: [arns[1]], others: ['somebody'] });
    expect(plugin.mappings.get(role)).toEqual({
      ...mapping,
      backend_roles: ['somebody', ...arns],
      users: ['her'],
      hosts: ['h'],
    });
  });

  test('are only looked at by a dry run', async () => {
    expect(await apply(true)).toMatchObject({ outcome: 'created', dryRun: true, mapped: arns });
    expect(changes()).toEqual([]);
    await apply();
    plugin.roles.set(role, { ...plugin.roles.get(role)!, cluster_permissions: ['*'] });
    const before = changes();
    expect(await apply(true)).toMatchObject({ outcome: 'updated' });
    expect(changes()).toEqual(before);
  });

  test('are not needed where the domain has no fine-grained access control', async () => {
    plugin.interfere = () => ({ status: 400, body: { error: 'no handler found for uri' } });
    expect(await apply()).toMatchObject({ outcome: 'not-enabled', mapped: [] });
  });

  test('end the same whatever was there before', async () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(names, names, names, async (cluster_permissions, backend_roles, users) => {
        plugin.roles.set(role, { cluster_permissions, index_permissions: [], tenant_permissions: [] });
        plugin.mappings.set(role, { backend_roles: [...backend_roles], users, hosts: [], and_backend_roles: [] });
        await apply();
        expect(plugin.roles.get(role)).toEqual(document);
        expect(plugin.mappings.get(role)).toMatchObject({ backend_roles: [...backend_roles, ...arns], users });
        expect(await apply()).toMatchObject({ outcome: 'unchanged', mapped: [], others: backend_roles });
      }),
      { numRuns: 25 },
    );
  });

  test('that the cluster takes and does not keep are an error', async () => {
    await apply();
    plugin.interfere = (asked) => (asked.startsWith('PATCH') ? { status: 200, body: { status: 'OK' } } : undefined);
    const attempt = apply(false, ports([...arns, 'three']));
    await expect(attempt).rejects.toMatchObject({ name: 'ClusterAnswerUnknown', message: /three/ });
  });

  test('of a stack are in the variables of its function', () => {
    const variables = readEnvironment(step.environment, {
      AWS_REGION: 'eu-west-1',
      DOMAIN_ENDPOINT: 'https://example.com',
      WORKFLOW: 'archive',
      ROLE_NAME: role,
      INDICES: 'logdata-*',
      DELETES_SOURCES: 'false',
      FUNCTION_ROLE_ARNS: arns.join(','),
    });
    expect(step.connect(variables).rights).toEqual({ role, document, backendRoles: arns });
    expect(() => readEnvironment(step.environment, { ...process.env, FUNCTION_ROLE_ARNS: '' })).toThrow(
      /FUNCTION_ROLE_ARNS/,
    );
  });
});
