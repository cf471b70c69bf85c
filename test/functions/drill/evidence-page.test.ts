import { describe, expect, it } from 'vitest';
import { evidenceKeyKey, reportKey } from '../../../archive/evidence.ts';
import { evidencePage } from '../../../functions/drill/evidence-page.ts';
import { failed, passed } from '../../archive/evidence-example.ts';

const proof = {
  key: reportKey(passed.drillId),
  sha256: 'c3'.repeat(32),
  keyKey: evidenceKeyKey(passed.signing.keyId),
  fingerprint: 'd4'.repeat(32),
};

/** Every text of a value, however deep. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [String(value)];

/** What a reader sees of a page. */
const visible = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('the page of a report', () => {
  it.each([passed, failed])('shows whether it $verdict, and every name and digest', (report) => {
    const page = visible(evidencePage(report, proof));
    expect(page).toContain(report.verdict === 'passed' ? ' Passed ' : ' Failed ');
    const { archive, index, reason, drillId, execution } = report;
    const rest = report.verdict === 'passed' ? report.restore.executionArn : report.failure;
    for (const text of textsOf([archive, index, reason, drillId, execution.arn, report.signing, rest, proof])) {
      expect(page).toContain(text);
    }
  });

  it('says how to check the signature with openssl', () => {
    expect(visible(evidencePage(passed, proof))).toContain(
      `openssl dgst -sha256 -verify ${proof.keyKey} -signature ${proof.key}.sig ${proof.key}`,
    );
  });

  it('never takes a text of the report for markup', () => {
    const hostile = `</td><script>alert("1")</script><img src='x' onerror=y>&`;
    const report = {
      ...passed,
      index: hostile,
      reason: hostile,
      tool: { name: hostile, version: hostile },
      execution: { ...passed.execution, arn: hostile },
      checked: { ...passed.checked, name: hostile, uuid: hostile },
    };
    const page = evidencePage(report, { ...proof, key: hostile, keyKey: hostile });
    const tags = (text: string): string[] => (text.match(/<[^>]*>/g) ?? []).sort();
    expect(tags(page)).toEqual(tags(evidencePage(passed, proof)));
    expect(visible(page)).toContain(hostile);
  });

  it('loads nothing and runs nothing', () => {
    for (const report of [passed, failed]) {
      expect(evidencePage(report, proof)).not.toMatch(/<script|<link|<img|url\(|@import|\b(?:src|href)=/i);
    }
  });
});
