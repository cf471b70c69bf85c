import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { Executions } from '../../ports/executions.ts';
import { sfnExecutions } from '../../ports/sfn-executions.ts';
import { failureContracts } from '../../workflow/contracts.ts';
import { RecordedFailure } from '../../workflow/errors.ts';
import { region } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { parseCause } from './cause.ts';

export const environment = z.object({ ...region });

export interface Ports {
  readonly executions: Executions;
}

/**
 * Ends the execution here, FAILED, under the name of the error that led here. A redrive schedules this state again: then the
 * execution has been redriven once more than the failure noted, and the failed state's input is returned for another try.
 */
export async function haltForRedrive(
  { record, redriveCount }: z.output<typeof failureContracts.HaltForRedrive.input>,
  { executions }: Ports,
): Promise<z.output<typeof failureContracts.HaltForRedrive.output>> {
  // Either of the two sources may lag behind the other.
  const redriven = Math.max(redriveCount, await executions.redriveCount(record.execution.id));
  if (redriven <= record.redriveCount) {
    throw new RecordedFailure(record.error.Error, parseCause(record.error.Cause).message);
  }
  const input = Object.fromEntries(Object.entries(record.input).filter(([key]) => key !== 'failure'));
  return { state: record.state, input };
}

export const step = defineStep('HaltForRedrive', failureContracts.HaltForRedrive, {
  environment,
  connect: (): Ports => ({ executions: sfnExecutions(new SFNClient()) }),
  run: haltForRedrive,
});

export const handler = lambdaHandler(step);
