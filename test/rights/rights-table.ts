/** The table of docs/rights.md: which call of which function needs which permission. */

export interface RightsRow {
  readonly workflow: string;
  /** The function that calls: `start-snapshot`. */
  readonly function: string;
  readonly method: string;
  /** With `{index}`, `{repository}` and `{snapshot}` for names. */
  readonly path: string;
  /** The permissions without which the call is refused. */
  readonly permissions: readonly string[];
}

const begin = '<!-- rights: written by npm run test:rights -- -u -->';
const end = '<!-- rights: end -->';
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A heading and a table for each workflow, in the order of the first row of each; rows sorted, the same one only once. */
export function rightsTable(rows: readonly RightsRow[]): string {
  const workflows = [...new Set(rows.map(({ workflow }) => workflow))];
  return workflows.map((workflow) => section(workflow, rows)).join('\n');
}

function section(workflow: string, rows: readonly RightsRow[]): string {
  const permissions = new Map<string, Set<string>>();
  for (const row of rows.filter((each) => each.workflow === workflow).toSorted(byFunctionAndPath)) {
    const call = `\`${row.function}\` | \`${row.method} ${row.path}\``;
    permissions.set(call, new Set([...(permissions.get(call) ?? []), ...row.permissions]));
  }
  const lines = [...permissions].map(
    ([call, needed]) =>
      `| ${call} | ${[...needed]
        .sort()
        .map((each) => `\`${each}\``)
        .join(', ')} |`,
  );
  return [`### ${workflow}`, '', '| function | call | permission |', '|---|---|---|', ...lines, ''].join('\n');
}

const byFunctionAndPath = (one: RightsRow, other: RightsRow): number =>
  compare(one.function, other.function) ||
  compare(one.path, other.path) ||
  methods.indexOf(one.method) - methods.indexOf(other.method);
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * The document with this table between its markers. Held against the file by
 * `expect(withRightsTable(document, rows)).toMatchFileSnapshot('../../docs/rights.md')`, which `-u` makes write it.
 */
export function withRightsTable(document: string, rows: readonly RightsRow[]): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new TypeError(`the document has no lines "${begin}" and "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${rightsTable(rows)}\n${document.slice(to)}`;
}
