import { reportSignatureKey, type Evidence } from '../../archive/evidence.ts';

/** Where the report, its digest and the key are. */
export interface Proof {
  readonly key: string;
  readonly sha256: string;
  readonly keyKey: string;
  readonly fingerprint: string;
}

type Row = readonly [label: string, value: string];

/** The report as one page for people: no script, nothing loaded, everything of the report escaped. */
export function evidencePage(report: Evidence, proof: Proof): string {
  const passed = report.verdict === 'passed';
  const title = `Restore drill ${passed ? 'passed' : 'FAILED'}: ${report.archive.archiveId}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<header class="${report.verdict}">
<p>Permafrost restore drill, ${escape(day(report.writtenAt))}</p>
<h1>${passed ? 'Passed' : 'Failed'}</h1>
</header>
<p class="summary">${escape(summary(report))}</p>
${section('What was drilled', drilled(report))}
${passed ? section('What was seen', seen(report)) : section('What failed', failed(report))}
${section('Who and when', origin(report))}
<section>
<h2>How to check this</h2>
<p>This page is for reading. The evidence is <code>${escape(proof.key)}</code>, signed by the key below; that key signs no archives.</p>
${table([
  ['SHA-256', proof.sha256],
  ['Signed by', `${report.signing.keyId} (${report.signing.algorithm})`],
  ['Key fingerprint', proof.fingerprint],
])}
<pre>${escape(commands(proof))}</pre>
</section>
</body>
</html>
`;
}

function summary(report: Evidence): string {
  const { archiveId } = report.archive;
  if (report.verdict === 'failed') {
    return `Index ${report.index} of archive ${archiveId} was not shown to be restorable: ${report.failure.error}.`;
  }
  const { documents, samples } = report.checked;
  return `Index ${report.index} of archive ${archiveId} was decrypted, restored and checked: ${number(documents)} documents, ${number(samples)} of them compared with the signed manifest. It was removed again.`;
}

const drilled = ({ archive, index, reason, ...report }: Evidence): Row[] => [
  ['Archive', archive.archiveId],
  ['Link in the chain', String(archive.sequence)],
  ['Index', index],
  ['Picked because', reason],
  ...('manifestSha256' in archive
    ? ([
        ['SHA-256 of manifest.json', archive.manifestSha256],
        ['SHA-256 of SHA256SUMS', archive.checksumsSha256],
      ] as const)
    : []),
  ...('restore' in report ? ([['Restore', report.restore.restoreId]] as const) : []),
];

const seen = ({ checked, restore }: Evidence & { verdict: 'passed' }): Row[] => [
  ['Restored as', `${checked.name} (${checked.uuid})`],
  ['Primary shards', `${checked.shards}, all there`],
  [
    'Documents',
    checked.documentsExact
      ? `${number(checked.documents)}, as the manifest says; same mapping`
      : `${number(checked.documents)}; written to during the snapshot, so the manifest promises no count`,
  ],
  ['Sampled documents', `${number(checked.samples)} compared by SHA-256, all equal`],
  ['Checked at', time(checked.at)],
  ['Restore took', duration(restore.seconds)],
];

const failed = ({ failure, restoreExecutionArn }: Evidence & { verdict: 'failed' }): Row[] => [
  ['State', failure.state],
  ['Error', failure.error],
  ['Cause', failure.cause],
  ['Restore execution', restoreExecutionArn ?? 'not started'],
];

const origin = (report: Evidence): Row[] => [
  ['Drill', report.drillId],
  ['Execution', report.execution.arn],
  ['Started', time(report.execution.startedAt)],
  ['Written', time(report.writtenAt)],
  ['By', `${report.tool.name} ${report.tool.version}`],
  ...(report.verdict === 'passed' ? ([['Restore execution', report.restore.executionArn]] as const) : []),
];

const commands = ({ key, keyKey, sha256 }: Proof): string =>
  [
    `echo '${sha256}  ${key}' | sha256sum -c`,
    `openssl dgst -sha256 -verify ${keyKey} -signature ${reportSignatureKey(key)} ${key}`,
    `openssl pkey -pubin -in ${keyKey} -outform DER | sha256sum   # the fingerprint: compare with the stack's output`,
  ].join('\n');

const section = (heading: string, rows: readonly Row[]): string =>
  `<section>\n<h2>${escape(heading)}</h2>\n${table(rows)}\n</section>`;

const table = (rows: readonly Row[]): string => `<table>\n${rows.map(row).join('\n')}\n</table>`;

/** Digests in a type in which they fit into a line. */
const row = ([label, value]: Row): string =>
  `<tr><th scope="row">${escape(label)}</th><td${/^[0-9a-f]{64}$/.test(value) ? ' class="digest"' : ''}>${escape(value)}</td></tr>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

const number = (value: number): string => value.toLocaleString('en-GB');
const day = (timestamp: string): string => new Date(timestamp).toISOString().slice(0, 10);
const time = (timestamp: string): string => new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';

function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [hours > 0 && `${hours} h`, minutes > 0 && `${minutes} min`, `${seconds % 60} s`];
  return parts.filter((part) => part !== false).join(' ');
}

const style = `
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #1c2430; background: #fff; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1.5rem; }
header { padding: 1rem 1.25rem; border-left: .5rem solid; }
header.passed { border-color: #1a7f4b; background: #eef8f2; }
header.failed { border-color: #b3261e; background: #fdf0ef; }
header p { margin: 0; color: #4a5563; }
h1 { margin: .1rem 0 0; font-size: 2rem; line-height: 1.2; }
.passed h1 { color: #136239; }
.failed h1 { color: #8f1d17; }
.summary { font-size: 1.1rem; }
h2 { margin: 1.4rem 0 .3rem; font-size: 1.05rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .5rem .3rem 0; border-bottom: 1px solid #dde2e8; text-align: left; vertical-align: top; }
th { width: 13rem; font-weight: 500; color: #4a5563; }
td, code, pre { overflow-wrap: anywhere; }
.digest { font: .8rem/1.8 ui-monospace, monospace; }
pre { padding: .6rem .8rem; border: 1px solid #dde2e8; background: #f6f8fa; font-size: .8rem; white-space: pre-wrap; }
section { break-inside: avoid; }
@media print {
  @page { size: A4; margin: 14mm; }
  :root { font-size: 10.5px; line-height: 1.35; }
  h2 { margin-top: .9rem; }
  th, td { padding-block: .2rem; }
  body { max-width: none; margin: 0; padding: 0; }
  header, pre { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
