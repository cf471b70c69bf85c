import { z } from 'zod';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { archiveVariables, connectArchive, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readRestorePlan } from './targets.ts';
import { thawPending, type ThawPorts } from './thawing.ts';

export const environment = z.object({ ...archiveVariables, ...restoreVariables });

export interface Ports extends ThawPorts {
  readonly now: () => Date;
}

/** Asks for the thaw of every volume that is needed and not unpacked yet. */
export const thawVolumes = async (
  { restoreId }: z.output<typeof restoreContracts.ThawVolumes.input>,
  ports: Ports,
): Promise<z.output<typeof restoreContracts.ThawVolumes.output>> =>
  thawPending(await readRestorePlan(ports.restore, restoreId), ports, ports.now().toISOString());

export const step = defineStep('ThawVolumes', restoreContracts.ThawVolumes, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: thawVolumes,
});

export const handler = lambdaHandler(step);
