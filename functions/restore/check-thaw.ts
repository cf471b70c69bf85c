import { z } from 'zod';
import { ThawTimedOut } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { archiveVariables, connectArchive, connectRestore, restoreVariables } from '../connect.ts';
import { hoursSince } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readRestorePlan } from './targets.ts';
import { thawPending, type ThawPorts } from './thawing.ts';

export const environment = z.object({ ...archiveVariables, ...restoreVariables });

/** The slowest thaw (Bulk from Deep Archive) takes up to 48 hours. */
const longestThawHours = 72;

export interface Ports extends ThawPorts {
  readonly now: () => Date;
}

/** Looks whether the volumes can be read by now; one whose thaw has expired meanwhile is asked for again. */
export async function checkThaw(
  { restoreId, thaw }: z.output<typeof restoreContracts.CheckThaw.input>,
  ports: Ports,
): Promise<z.output<typeof restoreContracts.CheckThaw.output>> {
  const now = await thawPending(await readRestorePlan(ports.restore, restoreId), ports, thaw.startedAt);
  if (now.complete || hoursSince(thaw, ports.now()) < longestThawHours) return now;
  throw new ThawTimedOut(`Volumes of restore ${restoreId} are still frozen after ${longestThawHours} h`);
}

export const step = defineStep('CheckThaw', restoreContracts.CheckThaw, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: checkThaw,
});

export const handler = lambdaHandler(step);
