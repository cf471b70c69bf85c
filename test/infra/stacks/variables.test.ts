import { readFileSync } from 'node:fs';
import { beforeAll, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { ArchiveVariables } from '../../../infra/constructs/archive-variables.ts';
import type { Variables } from '../../../infra/constructs/variables.ts';
import { consolidateEnvironment } from '../../../tasks/consolidate/settings.ts';
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

it('what the template sets is what each function accepts at its cold start', async () => {
  const functions = resourcesOf(stacks.archive, 'AWS::Lambda::Function');
  expect(functions).toHaveLength(17);
  for (const [, properties] of functions) {
    const { FunctionName, Environment, Runtime, Handler } = properties as Record<string, string>;
    const name = FunctionName!.replace('permafrost-', '');
    const folder = ['describe-failure', 'halt-for-redrive', 'notify-uncaught'].includes(name) ? 'failure' : 'archive';
    const { environment } = (await import(`../../../functions/${folder}/${name}.ts`)) as { environment: z.ZodObject };
    const { Variables: variables } = resolveIntrinsics(stacks, stacks.archive, Environment) as {
      Variables: Record<string, string>;
    };
    const read = environment.safeParse({ ...variables, AWS_REGION: stacks.region });
    expect(read.error?.issues, name).toBeUndefined();
    expect(variables, name).toMatchObject({ POWERTOOLS_METRICS_NAMESPACE: 'Permafrost', LOG_LEVEL: 'INFO' });
    expect({ Runtime, Handler }).toEqual({ Runtime: 'nodejs24.x', Handler: 'index.handler' });
    expect(JSON.stringify(variables).length, name).toBeLessThan(4096);
  }
});

it('what the template and the state machine set is what the container accepts', () => {
  const [, { ContainerDefinitions }] = resourcesOf(stacks.archive, 'AWS::ECS::TaskDefinition')[0]!;
  const [container] = resolveIntrinsics(stacks, stacks.archive, ContainerDefinitions) as unknown as {
    Environment: { Name: string; Value: string }[];
  }[];
  const variables = Object.fromEntries(container!.Environment.map(({ Name, Value }) => [Name, Value]));
  const told = { ARCHIVE_ID: 'logdata-2026-01-02t02-00-00-a1b2c3', VOLUME: '1' };
  expect(consolidateEnvironment.safeParse({ ...variables, ...told }).error).toBeUndefined();
  expect(variables['RECIPIENT_KEYS']).toBe(readFileSync('infra/config/example-recipient.asc', 'utf8').trim());
});
