import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { ExecutionControl } from '../../ports/executions.ts';
import { sfnExecutionControl } from '../../ports/sfn-executions.ts';
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { DrillFailed } from '../../workflow/errors.ts';
import { region } from '../connect.ts';
import { hoursSince, stillGoing } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { howItEnded } from './how-it-ended.ts';

export const environment = z.object({ ...region });

export interface Ports {
  readonly control: ExecutionControl;
  readonly now: () => Date;
}

/** More than the longest thaw (48 h) and the longest restore (24 h) together. */
const timeoutHours = 96;

const restoreOutput = z.object({ restoreId: z.string().min(1) });

/** Looks at the restore. @throws DrillFailed with its error and cause when it did not succeed */
export async function checkDrill(
  { restore }: z.output<typeof drillContracts.CheckDrill.input>,
  { control, now }: Ports,
): Promise<z.output<typeof drillContracts.CheckDrill.output>> {
  const { arn } = restore.execution;
  const facts = await control.facts(arn);
  const { status, startedAt, endedAt, output = '{}' } = facts;
  if (status === 'RUNNING') {
    if (hoursSince(restore, now()) < timeoutHours) return { ...restore, ...stillGoing(restore) };
    throw new DrillFailed(`The restore ${arn} is still running after ${timeoutHours} h`);
  }
  if (status !== 'SUCCEEDED') throw new DrillFailed(howItEnded(arn, facts));
  const { data } = restoreOutput.safeParse(JSON.parse(output));
  if (!data) throw new DrillFailed(`The restore ${arn} succeeded and does not say under which id`);
  const execution = { arn, startedAt: startedAt.toISOString(), endedAt: (endedAt ?? now()).toISOString() };
  return { ...restore, complete: true, execution, restoreId: data.restoreId };
}

export const step = defineStep('CheckDrill', drillContracts.CheckDrill, {
  environment,
  connect: (): Ports => ({ control: sfnExecutionControl(new SFNClient()), now: () => new Date() }),
  run: checkDrill,
});

export const handler = lambdaHandler(step);
