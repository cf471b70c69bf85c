import { expect, test } from 'vitest';
import { rightsTable, withRightsTable, type RightsRow } from '../rights/rights-table.ts';
import { read } from './markdown.ts';

const row = (workflow: string, name: string, call: string, ...permissions: string[]): RightsRow => {
  const [method = '', path = ''] = call.split(' ');
  return { workflow, function: name, method, path, permissions };
};
const rows = [
  row('archive', 'start-snapshot', 'PUT /_snapshot/{repository}/{snapshot}', 'cluster:admin/snapshot/create'),
  row('archive', 'select-indices', 'POST /{index}/_flush', 'b', 'a'),
  row('restore', 'start-restore', 'GET /', 'cluster:monitor/main'),
  row('archive', 'start-snapshot', 'GET /_snapshot/{repository}/{snapshot}', 'cluster:admin/snapshot/get'),
];

test('the table has a section for each workflow, and its calls by function, path and method', () => {
  expect(rightsTable(rows)).toBe(
    [
      '### archive',
      '',
      '| function | call | permission |',
      '|---|---|---|',
      '| `select-indices` | `POST /{index}/_flush` | `a`, `b` |',
      '| `start-snapshot` | `GET /_snapshot/{repository}/{snapshot}` | `cluster:admin/snapshot/get` |',
      '| `start-snapshot` | `PUT /_snapshot/{repository}/{snapshot}` | `cluster:admin/snapshot/create` |',
      '',
      '### restore',
      '',
      '| function | call | permission |',
      '|---|---|---|',
      '| `start-restore` | `GET /` | `cluster:monitor/main` |',
      '',
    ].join('\n'),
  );
});

test('a call that is recorded several times stands once, with all the permissions that were missed', () => {
  const [first, second] = [rows[0]!, { ...rows[0]!, permissions: ['another'] }];
  expect(rightsTable([first, second, first])).toContain('| `another`, `cluster:admin/snapshot/create` |\n');
  expect(rightsTable([first, second, first])).toBe(rightsTable([second, first]));
});

test('only what is between the markers is replaced, however often', () => {
  const document = read('docs/rights.md');
  const once = withRightsTable(document, rows);
  expect(once).toContain(rightsTable(rows));
  expect(withRightsTable(once, rows)).toBe(once);
  const [begin, end] = [document.indexOf('<!-- rights:'), document.indexOf('<!-- rights: end')];
  expect(once.slice(0, begin)).toBe(document.slice(0, begin));
  expect(once.endsWith(document.slice(end))).toBe(true);
});

test('a document without markers is left alone', () => {
  expect(() => withRightsTable('# Rights\n', rows)).toThrow('has no lines');
});
