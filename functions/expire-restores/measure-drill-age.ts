import { z } from 'zod';
import { walkSealed } from '../../archive/catalogue.ts';
import { listReports, parseEvidence, reportSignatureKey, type PassedEvidence } from '../../archive/evidence.ts';
import { verifySignature } from '../../archive/verify-signature.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { expireContracts } from '../../workflow/expire-contracts.ts';
import { ObjectMissing, RunRecordInvalid, SignatureInvalid } from '../../workflow/errors.ts';
import { archiveVariables, connectArchive, connectRestore, restoreVariables } from '../connect.ts';
import { connectEvidenceSigner, evidenceVariables, requireOwnKey } from '../drill/evidence-key.ts';
import { trustVariables } from '../restore/plan/settings.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';

export const environment = z.object({
  ...archiveVariables,
  ...restoreVariables,
  ...trustVariables,
  ...evidenceVariables,
});

export interface Ports {
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  readonly signer: Signer;
  readonly trusted: ReadonlySet<string>;
}

const dayMs = 86_400_000;

/**
 * Days since a drill has shown that an archive can be restored, by the newest report that is signed by the evidence key; where
 * none has, days since the first archive was sealed. Every day a figure, so that its absence is an alarm, too.
 */
export async function measureDrillAge(
  { at }: z.output<typeof expireContracts.MeasureDrillAge.input>,
  ports: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof expireContracts.MeasureDrillAge.output>> {
  const last = await newestPassed(ports, telemetry);
  const since = last?.checked.at ?? (await firstSeal(ports)) ?? at;
  const days = Math.max(0, Date.parse(at) - Date.parse(since)) / dayMs;
  const daysSinceDrill = Math.round(days * 100) / 100;
  telemetry.measure('DaysSinceDrill', daysSinceDrill, 'Count');
  return { daysSinceDrill, lastDrill: last?.drillId ?? null };
}

/** A report that cannot be read, or is not signed by the evidence key, does not count, and is logged. */
async function newestPassed(
  { restore, signer, trusted }: Ports,
  telemetry: Telemetry,
): Promise<PassedEvidence | undefined> {
  const pem = await requireOwnKey(signer, trusted);
  const keys = (await listReports(restore)).filter((key) => key.endsWith('/report.json'));
  for (const key of keys.toReversed()) {
    try {
      const bytes = await restore.read(key);
      const signature = await restore.read(reportSignatureKey(key));
      verifySignature({ pem, algorithm: signer.algorithm, bytes, signature, what: key });
      const report = parseEvidence(bytes);
      if (report.verdict === 'passed') return report;
    } catch (error) {
      const isUnproven =
        error instanceof SignatureInvalid || error instanceof ObjectMissing || error instanceof RunRecordInvalid;
      if (!isUnproven) throw error;
      telemetry.warn('A drill report does not count', { key, error: error.name, reason: error.message });
    }
  }
  return undefined;
}

async function firstSeal({ archive, trusted }: Ports): Promise<string | undefined> {
  let oldest: string | undefined;
  for await (const { link } of walkSealed(archive, { trusted })) oldest = link.sealedAt;
  return oldest;
}

export const step = defineStep('MeasureDrillAge', expireContracts.MeasureDrillAge, {
  environment,
  connect: (variables): Ports => ({
    archive: connectArchive(variables),
    restore: connectRestore(variables),
    signer: connectEvidenceSigner(variables),
    trusted: variables.TRUSTED_SIGNING_KEYS,
  }),
  run: measureDrillAge,
});

export const handler = lambdaHandler(step);
