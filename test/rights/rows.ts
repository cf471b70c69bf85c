/** The rows of docs/rights.md: each kind of call of each function, and the lines of its role that permit it. */
import { expect } from 'vitest';
import { matches } from '../support/iam-matcher.ts';
import { askedOfNobody, clusterCalls, kindOf } from './calls.ts';
import type { Lesson, Pupil } from './learn.ts';
import type { RightsRow } from './rights-table.ts';
import { sometimes } from './sometimes.ts';
import { iamRoles } from './workflows.ts';

interface Asked {
  readonly function: string;
  readonly method: string;
  readonly path: string;
}

/** All that the functions have asked so far, or may ask. Asks the node once more for each kind of call, without any right. */
export async function rightsRows(pupils: readonly Pupil[]): Promise<RightsRow[]> {
  const calls = await clusterCalls();
  const lessons = pupils.flatMap((pupil) => pupil.lessons);
  const rows: RightsRow[] = [];
  for (const { workflow, shipped } of pupils) {
    const roles = iamRoles(workflow);
    const lines = [
      ...shipped.cluster_permissions,
      ...shipped.index_permissions.flatMap(({ allowed_actions }) => allowed_actions),
    ];
    const recorded = calls
      .filter(({ role }) => roles.has(role))
      .map(({ caller, method, path }): Asked => ({ function: functionOf(caller), method, path }));
    const kinds = new Map(
      [...recorded, ...askedSometimes(workflow)].map((asked) => {
        const kind = { ...asked, path: kindOf(asked.path) };
        return [JSON.stringify(kind), { kind, path: asked.path }];
      }),
    );
    for (const { kind, path } of kinds.values()) {
      const permissions = await permissionsFor({ ...kind, path }, lessons);
      if (permissions === undefined) continue; // an API of the managed service only
      const permitting = permissions.map((permission) => lines.find((line) => matches(line, permission)));
      expect(permitting.length, `permissions for ${JSON.stringify(kind)}`).toBeGreaterThan(0);
      expect(permitting, `${workflow}: ${JSON.stringify(kind)} needs ${String(permissions)}`).not.toContain(undefined);
      rows.push({ workflow, ...kind, permissions: [...new Set(permitting.map(String))] });
    }
  }
  return rows;
}

/** What nobody is refused, and what is asked only of those who have some right already. */
async function permissionsFor(asked: Asked, lessons: readonly Lesson[]): Promise<string[] | undefined> {
  const refused = await askedOfNobody(asked);
  const learned = lessons.filter(({ method, path }) => method === asked.method && path === kindOf(asked.path));
  return refused && [...refused, ...learned.flatMap(({ permissions }) => permissions)];
}

const askedSometimes = (workflow: Pupil['workflow']): Asked[] =>
  sometimes[workflow].flatMap(({ functions, calls }) =>
    functions.flatMap((name) =>
      calls.map((call) => {
        const [method = '', path = ''] = call.split(' ');
        return { function: name, method, path: path.replaceAll(/[{}]/g, '') };
      }),
    ),
  );

/** `start-restore` of `permafrost-restore-start-restore`. */
const functionOf = (caller: string): string => caller.replace(/^permafrost-(restore-|snapshots-)?/, '');
