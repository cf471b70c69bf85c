import type { z } from 'zod';
import { failureReportKey } from '../../archive/evidence.ts';
import packageFacts from '../../package.json' with { type: 'json' };
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { parseCause } from '../failure/cause.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { connectReport, reportEnvironment as environment, writeReport, type ReportPorts } from './write-report.ts';

export { environment };

export interface Ports extends ReportPorts {
  readonly now: () => Date;
}

/** Writes down, signed, that the archive was not shown to be restorable, and why. A redrive that passes does not undo it. */
export async function recordFailedDrill(
  { state, input, error, redriveCount, execution }: z.output<typeof drillContracts.RecordFailedDrill.input>,
  { now, ...ports }: Ports,
): Promise<z.output<typeof drillContracts.RecordFailedDrill.output>> {
  const { drillId, archiveId, sequence, index, reason, restore } = input;
  const { key } = await writeReport(ports, failureReportKey(drillId, redriveCount), {
    formatVersion: 1,
    drillId,
    writtenAt: now().toISOString(),
    execution: { arn: execution.id, startedAt: execution.startedAt },
    tool: { name: packageFacts.name, version: packageFacts.version },
    index,
    reason,
    verdict: 'failed',
    archive: { archiveId, sequence },
    restoreExecutionArn: restore?.execution.arn ?? null,
    failure: { state, error: error.Error, cause: parseCause(error.Cause).message },
  });
  return { key };
}

export const step = defineStep('RecordFailedDrill', drillContracts.RecordFailedDrill, {
  environment,
  connect: (variables): Ports => ({ ...connectReport(variables), now: () => new Date() }),
  run: recordFailedDrill,
});

export const handler = lambdaHandler(step);
