import { readFileSync } from 'node:fs';
import { beforeAll, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { ArchiveVariables } from '../../../infra/constructs/archive-variables.ts';
import type { Variables } from '../../../infra/constructs/variables.ts';
import { consolidateEnvironment } from '../../../tasks/consolidate/settings.ts';
import { unpackEnvironment } from '../../../tasks/unpack/settings.ts';
import { archiveStates } from '../../../workflow/archive.ts';
import { drillStates } from '../../../workflow/drill.ts';
import { expireStates } from '../../../workflow/expire-restores.ts';
import { restoreStates } from '../../../workflow/restore.ts';
import { snapshotStates } from '../../../workflow/snapshot.ts';
import { resolveIntrinsics } from '../../support/intrinsics.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

let stacks: Synthesized;
beforeAll(async () => {
  stacks = await synthesizeExample();
}, 120_000);

it('a variable that is missing, unknown or not among the allowed words does not compile', () => {
  const schema = z.object({
    AWS_REGION: z.string(),
    BUCKET: z.string(),
    DAYS: z.coerce.number(),
    MODE: z.enum(['on', 'off']),
    SPEED: z.string().default('1'),
  });
  type Made = Variables<typeof schema>;
  expectTypeOf<{ BUCKET: string; DAYS: string; MODE: 'on' }>().toExtend<Made>();
  expectTypeOf<{ BUCKET: string; MODE: 'on' }>().not.toExtend<Made>();
  expectTypeOf<{ BUCKET: string; DAYS: string; MODE: 'maybe' }>().not.toExtend<Made>();
  expectTypeOf<Made>().not.toHaveProperty('AWS_REGION');
  // @ts-expect-error DAYS is missing: should this ever compile, tsc says so here.
  const missing: Made = { BUCKET: 'b', MODE: 'on' };
  // @ts-expect-error OTHER is not in the schema.
  const unknown: Made = { BUCKET: 'b', DAYS: '1', MODE: 'on', OTHER: 'x' };
  expect(schema.safeParse(missing).success).toBe(false);
  expect(unknown).toHaveProperty('OTHER');
});

it('each function is typed by its own schema', () => {
  expectTypeOf<ArchiveVariables['RegisterRepository']>().toHaveProperty('SNAPSHOT_ROLE_ARN');
  expectTypeOf<ArchiveVariables['CheckVolumes']>().not.toHaveProperty('ARCHIVE_BUCKET');
  expectTypeOf<ArchiveVariables['SelectIndices']['ALLOW_EMPTY']>().toEqualTypeOf<'true' | 'false'>();
});

const failureFunctions = ['describe-failure', 'halt-for-redrive', 'notify-uncaught'];
const names = (states: object): string[] =>
  Object.keys(states).map((name) => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase());
const folders = {
  archive: names(archiveStates),
  restore: names(restoreStates),
  drill: names(drillStates),
  'expire-restores': names(expireStates),
  snapshot: names(snapshotStates),
  failure: failureFunctions,
};

it.each([
  ['archive', 'permafrost-', ['archive', 'failure']],
  ['restore', 'permafrost-restore-', ['restore', 'drill', 'expire-restores', 'failure']],
  ['snapshots', 'permafrost-snapshots-', ['snapshot', 'failure']],
] as const)(
  'what the template of the stack %s sets is what each function accepts',
  async (stack, prefix, itsFolders) => {
    const functions = resourcesOf(stacks[stack], 'AWS::Lambda::Function');
    const expected = itsFolders.flatMap((folder) => folders[folder].map((name) => `${prefix}${name}`));
    expect(functions.map(([, { FunctionName }]) => FunctionName).sort()).toEqual(expected.sort());
    for (const [, properties] of functions) {
      const { FunctionName, Environment, Runtime, Handler } = properties as Record<string, string>;
      const name = FunctionName!.slice(prefix.length);
      const folder = itsFolders.find((each) => folders[each].includes(name))!;
      const { environment } = (await import(`../../../functions/${folder}/${name}.ts`)) as { environment: z.ZodObject };
      const { Variables: variables } = resolveIntrinsics(stacks.all, stacks[stack], Environment) as {
        Variables: Record<string, string>;
      };
      const read = environment.safeParse({ ...variables, AWS_REGION: stacks.region });
      expect(read.error?.issues, name).toBeUndefined();
      expect(variables, name).toMatchObject({ POWERTOOLS_METRICS_NAMESPACE: 'Permafrost', LOG_LEVEL: 'INFO' });
      expect({ Runtime, Handler }).toEqual({ Runtime: 'nodejs24.x', Handler: 'index.handler' });
      expect(JSON.stringify(variables).length, name).toBeLessThan(4096);
    }
  },
);

/** Variables of the container of a stack, without its secrets. */
function containerVariables(stack: 'archive' | 'restore'): Record<string, string> {
  const [, { ContainerDefinitions }] = resourcesOf(stacks[stack], 'AWS::ECS::TaskDefinition')[0]!;
  const [container] = resolveIntrinsics(stacks.all, stacks[stack], ContainerDefinitions) as unknown as {
    Environment: { Name: string; Value: string }[];
  }[];
  return Object.fromEntries(container!.Environment.map(({ Name, Value }) => [Name, Value]));
}
const told = { ARCHIVE_ID: 'logdata-2026-01-02t02-00-00-a1b2c3', VOLUME: '1' };

it('what the template and the state machine set is what each container accepts', () => {
  const consolidate = containerVariables('archive');
  expect(consolidateEnvironment.safeParse({ ...consolidate, ...told }).error).toBeUndefined();
  expect(consolidate['RECIPIENT_KEYS']).toBe(readFileSync('infra/config/example-recipient.asc', 'utf8').trim());
  const secrets = { PRIVATE_KEY: 'a key', PASSPHRASE: 'a passphrase' };
  const restoreId = 'restore-2026-02-03t04-05-06-d4e5f6';
  const unpack = { ...containerVariables('restore'), ...secrets, ...told, RESTORE_ID: restoreId };
  expect(unpackEnvironment.safeParse(unpack).error).toBeUndefined();
});
