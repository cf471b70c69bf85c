import { describe, expect, test } from 'vitest';
import { workflowsWithRole } from '../../../functions/rights/contract.ts';
import { roleDifferences } from '../../../functions/rights/role-differences.ts';
import { domainRoleDocument, indicesOf, roleDocument } from '../../../functions/rights/role-documents.ts';

describe.each(workflowsWithRole)('the role of %s', (workflow) => {
  const { cluster_permissions, index_permissions, tenant_permissions } = roleDocument(workflow, ['logdata-*']);
  const lists = [cluster_permissions, ...index_permissions.map(({ allowed_actions }) => allowed_actions)];

  test('grants single actions, each once, sorted', () => {
    for (const list of lists) {
      expect(list).toEqual([...new Set(list)].toSorted());
      for (const action of list) expect(action).toMatch(/^(cluster|indices):[a-z_]+(\/[a-z_]+)+(\*|\[\w\])?$/);
    }
    expect(tenant_permissions).toEqual([]);
  });

  test('reaches no other index than those that are asked for', () => {
    for (const { index_patterns } of index_permissions) expect(index_patterns).toEqual(['logdata-*']);
  });

  test('cannot manage rights, or write into the documents of the archive', () => {
    for (const action of lists.flat()) expect(action).not.toMatch(/security|opendistro|\/\*|^\*|delete\/byquery/);
  });
});

test('only the restore may create, write or delete an index', () => {
  const changing = (workflow: (typeof workflowsWithRole)[number]): string[] =>
    roleDocument(workflow)
      .index_permissions.flatMap(({ allowed_actions }) => allowed_actions)
      .filter((action) => /write|create|delete|close/.test(action));
  expect(changing('archive')).toEqual([]);
  expect(changing('snapshot')).toEqual([]);
  expect(changing('restore')).toContain('indices:admin/delete');
});

test('on the managed service, whoever looks at indices may list cold ones too', () => {
  const added = workflowsWithRole.flatMap((workflow) =>
    roleDifferences(roleDocument(workflow), domainRoleDocument(workflow)).map((line) => `${workflow} ${line}`),
  );
  const permission = '+ cluster:admin/cold/indices/search';
  expect(added).toEqual(expect.arrayContaining([`archive ${permission}`, `restore ${permission}`]));
  expect(added.every((line) => line.endsWith(permission))).toBe(true);
});

test('date tokens of a pattern become wildcards', () => {
  expect(indicesOf(['logdata-DDMMYYYY', 'cwl-YYYY.MM.DD', 'logdata-YYYYMMDD'])).toEqual(['logdata-*', 'cwl-*.*.*']);
});

describe('the differences of two roles', () => {
  const wanted = roleDocument('archive', ['logdata-*']);
  const [indices] = wanted.index_permissions;

  test('are none for the same in another order, or said in several entries', () => {
    const there = {
      ...wanted,
      cluster_permissions: [...wanted.cluster_permissions].reverse(),
      index_permissions: indices!.allowed_actions.map((action) => ({ ...indices!, allowed_actions: [action] })),
    };
    expect(roleDifferences(there, wanted)).toEqual([]);
  });

  test('name what is lacking and what is too much', () => {
    const there = {
      cluster_permissions: wanted.cluster_permissions.slice(1),
      index_permissions: [{ ...indices!, index_patterns: ['logdata-*', 'secret-*'] }],
      tenant_permissions: [{ tenant_patterns: ['t'], allowed_actions: ['kibana_all_read'] }],
    };
    expect(roleDifferences(there, wanted)).toEqual([
      `+ ${wanted.cluster_permissions[0]}`,
      ...indices!.allowed_actions.map((action) => `- ${action} on secret-*`),
      '- kibana_all_read of tenant t',
    ]);
  });

  test.each([
    [{ dls: '{"match_none": {}}' }, 'documents {"match_none": {}}'],
    [{ fls: ['~b', 'a'] }, 'fields a, ~b'],
    [{ masked_fields: ['c'] }, 'masked c'],
  ])('see a limit that would hide documents or fields: %j', (limit, text) => {
    const there = { ...wanted, index_permissions: [{ ...indices!, ...limit }] };
    const first = indices!.allowed_actions[0];
    expect(roleDifferences(there, wanted)).toContain(`- ${first} on logdata-*; ${text}`);
    expect(roleDifferences(there, wanted)).toContain(`+ ${first} on logdata-*`);
  });
});

test('where archived indices are deleted, the archive may block their writes and delete them, and no others', () => {
  const more = roleDifferences(
    domainRoleDocument('archive', ['logdata-*']),
    domainRoleDocument('archive', ['logdata-*'], true),
  );
  expect(more).toEqual([
    '+ indices:admin/block/add* on logdata-*',
    '+ indices:admin/delete on logdata-*',
    '+ indices:admin/settings/update on logdata-*',
  ]);
});
