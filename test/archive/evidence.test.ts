import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  evidenceBytes,
  evidenceKeyKey,
  failureReportKey,
  listReports,
  parseEvidence,
  reportKey,
  reportPageKey,
  reportSignatureKey,
} from '../../archive/evidence.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import { writeReport } from '../../functions/drill/write-report.ts';
import type { SigningAlgorithm } from '../../ports/signer.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { failed, passed } from './evidence-example.ts';

const { signing: _, ...draft } = passed;

describe('a drill report', () => {
  it.each([passed, failed])('of verdict $verdict is read back as it was written', (report) => {
    expect(parseEvidence(evidenceBytes(report))).toEqual(report);
  });

  it('has the same bytes in whatever order its members were set', () => {
    const turned = Object.fromEntries(Object.entries(passed).reverse()) as typeof passed;
    expect(Buffer.from(evidenceBytes(turned))).toEqual(Buffer.from(evidenceBytes(passed)));
  });

  it.each([
    ['passes without having looked', { ...passed, checked: undefined }],
    ['passes and has a failure', { ...passed, failure: failed.failure }],
    ['fails without a reason', { ...failed, failure: undefined }],
    ['is of another format', { ...passed, formatVersion: 2 }],
    ['has another verdict', { ...passed, verdict: 'skipped' }],
  ])('that %s is none', (_name, report) => {
    expect(() => parseEvidence(Buffer.from(JSON.stringify(report)))).toThrow(
      expect.objectContaining({ name: 'RunRecordInvalid' }) as Error,
    );
  });

  it('is listed by the time of its drill, whatever lies beside it', async () => {
    const restore = memoryObjectStore({ bucket: 'restore' });
    const later = 'drill-2026-03-01t04-00-00-000000';
    for (const key of [
      ...[reportKey(later), reportKey(passed.drillId), failureReportKey(passed.drillId, 0)],
      ...[reportSignatureKey(reportKey(later)), reportPageKey(reportKey(later)), evidenceKeyKey('report.json')],
    ]) {
      await restore.put(key, Buffer.from('x'));
    }
    expect(await listReports(restore)).toEqual([
      failureReportKey(passed.drillId, 0),
      reportKey(passed.drillId),
      reportKey(later),
    ]);
  });
});

describe('a signed report', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it.each<SigningAlgorithm>(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'])(
    'is verified by openssl with the key beside it (%s)',
    async (algorithm) => {
      const restore = memoryObjectStore({ bucket: 'restore' });
      const signer = memorySigner({ algorithm });
      const { key, sha256 } = await writeReport(
        { restore, signer, trusted: new Set() },
        reportKey(passed.drillId),
        draft,
      );
      writeFileSync(join(folder, 'report.json'), await restore.read(key));
      writeFileSync(join(folder, 'report.json.sig'), await restore.read(reportSignatureKey(key)));
      writeFileSync(join(folder, 'key.pem'), await restore.read(evidenceKeyKey(await signer.keyId())));
      const verify = ['dgst', '-sha256', '-verify', 'key.pem', '-signature', 'report.json.sig', 'report.json'];
      expect(openssl(...verify)).toBe('Verified OK\n');
      expect(openssl('dgst', '-sha256', '-r', 'report.json')).toBe(`${sha256} *report.json\n`);

      const bytes = await restore.read(key);
      bytes[bytes.length - 10]! ^= 1;
      writeFileSync(join(folder, 'report.json'), bytes);
      expect(() => openssl(...verify)).toThrow();
    },
  );

  it('is the first that was written: a later attempt signs it again and changes nothing of it', async () => {
    const restore = memoryObjectStore({ bucket: 'restore' });
    const ports = { restore, signer: memorySigner({}), trusted: new Set<string>() };
    const first = await writeReport(ports, reportKey(passed.drillId), draft);
    const again = await writeReport(ports, first.key, { ...draft, writtenAt: '2027-01-01T00:00:00.000Z' });
    expect(again).toEqual(first);
    expect(parseEvidence(await restore.read(first.key)).writtenAt).toBe(passed.writtenAt);
  });

  it('is refused to a key that signs archives, and to another key than the first attempt had', async () => {
    const restore = memoryObjectStore({ bucket: 'restore' });
    const signer = memorySigner({});
    const key = reportKey(passed.drillId);
    const trusted = new Set([keyFingerprint(await signer.publicKeyPem())]);
    await expect(writeReport({ restore, signer, trusted }, key, draft)).rejects.toMatchObject({
      name: 'SignerUnusable',
    });
    expect(await listReports(restore)).toEqual([]);
    await writeReport({ restore, signer, trusted: new Set() }, key, draft);
    const other = { restore, signer: memorySigner({}), trusted: new Set<string>() };
    await expect(writeReport(other, key, draft)).rejects.toMatchObject({ name: 'SignerUnusable' });
  });
});
