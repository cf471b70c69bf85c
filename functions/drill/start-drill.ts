import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { ExecutionControl } from '../../ports/executions.ts';
import { sfnExecutionControl } from '../../ports/sfn-executions.ts';
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { DrillFailed } from '../../workflow/errors.ts';
import { started } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { howItEnded } from './how-it-ended.ts';

export const environment = z.object({ RESTORE_STATE_MACHINE_ARN: z.string().min(1) });

export interface Ports {
  readonly control: ExecutionControl;
  readonly restoreStateMachineArn: string;
  readonly now: () => Date;
}

/** In case the drill is cut short: by then `expire-restores` removes what it left. */
const leaseDays = 1;

/**
 * Starts the restore that is the drill, under the drill's id. One that runs or has succeeded already is kept; one that has
 * failed goes on where it failed.
 */
export async function startDrill(
  { drillId, archiveId, index }: z.output<typeof drillContracts.StartDrill.input>,
  { control, restoreStateMachineArn, now }: Ports,
): Promise<z.output<typeof drillContracts.StartDrill.output>> {
  const renaming = { conflict: 'rename', renamePattern: 'drill-{index}' };
  const { arn, existed } = await control.start(restoreStateMachineArn, drillId, {
    archiveId,
    indices: [index],
    ...renaming,
    leaseDays,
  });
  const facts = await control.facts(arn);
  const failed = existed && facts.status !== 'RUNNING' && facts.status !== 'SUCCEEDED';
  if (failed && !(await control.redrive(arn))) {
    throw new DrillFailed(`${howItEnded(arn, facts)}. It cannot be redriven any more: start another drill`);
  }
  const execution = { arn, startedAt: facts.startedAt.toISOString(), endedAt: null };
  return { ...started(now()), execution, restoreId: null };
}

export const step = defineStep('StartDrill', drillContracts.StartDrill, {
  environment,
  connect: (variables): Ports => ({
    control: sfnExecutionControl(new SFNClient()),
    restoreStateMachineArn: variables.RESTORE_STATE_MACHINE_ARN,
    now: () => new Date(),
  }),
  run: startDrill,
});

export const handler = lambdaHandler(step);
