import type { z } from 'zod';
import { reportKey } from '../../archive/evidence.ts';
import packageFacts from '../../package.json' with { type: 'json' };
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { connectReport, reportEnvironment as environment, writeReport, type ReportPorts } from './write-report.ts';

export { environment };

export interface Ports extends ReportPorts {
  readonly now: () => Date;
}

/** Writes down, signed, what was restored and what the drill has seen of it. */
export async function writeEvidence(
  input: z.output<typeof drillContracts.WriteEvidence.input>,
  { now, ...ports }: Ports,
): Promise<z.output<typeof drillContracts.WriteEvidence.output>> {
  const { drillId, archiveId, sequence, index, reason, execution, drilled } = input;
  const { manifestSha256, checksumsSha256, restoreId, checkedAt, ...seen } = drilled;
  const { arn, startedAt, endedAt } = input.restore.execution;
  return writeReport(ports, reportKey(drillId), {
    formatVersion: 1,
    drillId,
    writtenAt: now().toISOString(),
    execution: { arn: execution.id, startedAt: execution.startedAt },
    tool: { name: packageFacts.name, version: packageFacts.version },
    index,
    reason,
    verdict: 'passed',
    archive: { archiveId, sequence, manifestSha256, checksumsSha256 },
    restore: {
      restoreId,
      executionArn: arn,
      startedAt,
      endedAt,
      seconds: Math.max(0, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)),
    },
    checked: { ...seen, at: checkedAt },
  });
}

export const step = defineStep('WriteEvidence', drillContracts.WriteEvidence, {
  environment,
  connect: (variables): Ports => ({ ...connectReport(variables), now: () => new Date() }),
  run: writeEvidence,
});

export const handler = lambdaHandler(step);
