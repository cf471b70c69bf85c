/** The rows of docs/rights.md: each kind of call of each function, and the lines of its role that permit it. */
import { matches } from '../support/iam-matcher.ts';
import { askedOfNobody, clusterCalls, kindOf } from './calls.ts';
import type { Pupil } from './learn.ts';
import type { RightsRow } from './rights-table.ts';
import { iamRoles } from './workflows.ts';

/** All that the functions have asked so far. Asks the node once more for each kind of call, without any right. */
export async function rightsRows(pupils: readonly Pupil[]): Promise<RightsRow[]> {
  const calls = await clusterCalls();
  const rows: RightsRow[] = [];
  for (const { workflow, lessons, shipped } of pupils) {
    const roles = iamRoles(workflow);
    const lines = [
      ...shipped.cluster_permissions,
      ...shipped.index_permissions.flatMap(({ allowed_actions }) => allowed_actions),
    ];
    const kinds = new Map<string, RightsRow>();
    for (const { role, caller, method, path } of calls) {
      const kind = { workflow, function: functionOf(caller), method, path: kindOf(path) };
      if (!roles.has(role) || kinds.has(JSON.stringify(kind))) continue;
      const refused = await askedOfNobody({ method, path });
      if (refused === undefined) continue; // of the managed service only
      const asked = [
        ...refused,
        // What is asked only of those who have some right already.
        ...lessons
          .filter((lesson) => lesson.method === method && lesson.path === kind.path)
          .flatMap(({ permissions }) => permissions),
      ];
      const permissions = asked.map((permission) => lines.find((line) => matches(line, permission)) ?? permission);
      kinds.set(JSON.stringify(kind), { ...kind, permissions: [...new Set(permissions)] });
    }
    rows.push(...kinds.values());
  }
  return rows;
}

/** `start-restore` of `permafrost-restore-start-restore`. */
const functionOf = (caller: string): string => caller.replace(/^permafrost-(restore-|snapshots-)?/, '');
