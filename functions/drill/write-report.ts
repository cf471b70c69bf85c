import { z } from 'zod';
import {
  evidenceBytes,
  evidenceKeyKey,
  parseEvidence,
  reportPageKey,
  reportSignatureKey,
  type Evidence,
  type FailedEvidence,
  type PassedEvidence,
} from '../../archive/evidence.ts';
import { sha256Hex } from '../../archive/digest.ts';
import { keyFingerprint, verifySignature } from '../../archive/verify-signature.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { SignatureInvalid, SignerUnusable } from '../../workflow/errors.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { writeOnce } from '../records.ts';
import { trustVariables } from '../restore/plan/settings.ts';
import { connectEvidenceSigner, evidenceVariables, requireOwnKey } from './evidence-key.ts';
import { evidencePage } from './evidence-page.ts';

/** What a function that writes reports needs. */
export const reportEnvironment = z.object({ ...restoreVariables, ...trustVariables, ...evidenceVariables });

export const connectReport = (variables: z.output<typeof reportEnvironment>): ReportPorts => ({
  restore: connectRestore(variables),
  signer: connectEvidenceSigner(variables),
  trusted: variables.TRUSTED_SIGNING_KEYS,
});

export interface ReportPorts {
  readonly restore: ObjectStore;
  readonly signer: Signer;
  readonly trusted: ReadonlySet<string>;
}

/**
 * Writes a report, its signature, the key to check it with, and the page. The report itself is written once: a later attempt
 * signs the one that stands.
 * @throws SignerUnusable when the evidence key signs archives, or is another than the standing report names
 */
export async function writeReport(
  { restore, signer, trusted }: ReportPorts,
  key: string,
  draft: Omit<PassedEvidence, 'signing'> | Omit<FailedEvidence, 'signing'>,
): Promise<{ key: string; pageKey: string; sha256: string }> {
  const pem = await requireOwnKey(signer, trusted);
  const signing = { keyId: await signer.keyId(), algorithm: signer.algorithm };
  const report = await writeOnce<Evidence>(restore, key, evidenceBytes({ ...draft, signing }), parseEvidence);
  if (report.signing.keyId !== signing.keyId) {
    throw new SignerUnusable(
      `${key} was made for evidence key ${report.signing.keyId}, the signer is ${signing.keyId}`,
    );
  }
  const bytes = evidenceBytes(report);
  const sha256 = sha256Hex(bytes);
  const signature = await signer.sign(Buffer.from(sha256, 'hex'));
  try {
    verifySignature({ pem, algorithm: signer.algorithm, bytes, signature, what: key });
  } catch (cause) {
    if (!(cause instanceof SignatureInvalid)) throw cause;
    throw new SignerUnusable(`The signer's signature of ${key} does not fit its own public key`, { cause });
  }
  const pageKey = reportPageKey(key);
  const page = evidencePage(report, {
    key,
    sha256,
    keyKey: evidenceKeyKey(signing.keyId),
    fingerprint: keyFingerprint(pem),
  });
  const text = new TextEncoder();
  await restore.put(evidenceKeyKey(signing.keyId), text.encode(pem), { contentType: 'application/x-pem-file' });
  await restore.put(reportSignatureKey(key), signature, { contentType: 'application/octet-stream' });
  await restore.put(pageKey, text.encode(page), { contentType: 'text/html; charset=utf-8' });
  return { key, pageKey, sha256 };
}
