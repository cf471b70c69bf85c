import { describe, expect, it } from 'vitest';
import { buildManifest, type SealedRun } from '../../archive/build-manifest.ts';
import { manifestBytes, parseManifest, type Manifest } from '../../archive/manifest.ts';
import { exampleRun } from './example-run.ts';

const id = 'logdata-2026-01-02t02-00-00-a1b2c3';
const run = exampleRun(id, { keyId: 'key-1', algorithm: 'ECDSA_SHA_256' });
const manifest = buildManifest(run);
const text = (value: Manifest): string => Buffer.from(manifestBytes(value)).toString();
const failure = (name: string, message: string): unknown =>
  expect.objectContaining({ name, message: expect.stringContaining(message) as string });

describe('building a manifest', () => {
  it('takes times from archive id and plan, folders and bytes from the plan', () => {
    expect(manifest).toMatchObject({
      formatVersion: 1,
      archiveId: id,
      createdAt: '2026-01-02T02:00:00.000Z',
      tool: { name: 'permafrost', version: '0.1.0' },
      retention: { mode: 'COMPLIANCE', until: '2027-01-02T02:00:00.000Z' },
      indices: [
        { name: 'logdata-01012026', repositoryId: 'repo-1', bytes: 1010 },
        { name: 'logdata-02012026', repositoryId: 'repo-2', bytes: 2000 },
      ],
      volumes: [
        { key: `archives/${id}/volume-00001.tar.pgp`, objects: 3, versionId: 'version-1' },
        { key: `archives/${id}/volume-00002.tar.pgp`, objects: 1, versionId: 'version-2' },
      ],
    });
  });

  it('has the same bytes whatever the order of receipts, indices and volumes', () => {
    const { selection, snapshot, plan, receipts } = run;
    const other = {
      ...run,
      selection: { ...selection, indices: selection.indices.toReversed() },
      snapshot: { ...snapshot, indices: snapshot.indices.toReversed() },
      plan: { ...plan, volumes: plan.volumes.toReversed(), indices: plan.indices.toReversed() },
      receipts: receipts.toReversed(),
    };
    expect(text(buildManifest(other))).toBe(text(manifest));
  });

  const receipt = run.receipts[0]!;
  const altered: [string, Partial<SealedRun>, string][] = [
    ['a receipt is missing', { receipts: [receipt] }, '1 receipts'],
    ['a volume has two receipts', { receipts: [receipt, receipt] }, '2 volumes are planned'],
    ['a receipt counts other objects', { receipts: [{ ...receipt, objects: 7 }, run.receipts[1]!] }, 'objects 7'],
    [
      'a receipt is of another archive',
      { receipts: [{ ...receipt, archiveId: 'x' }, run.receipts[1]!] },
      'archiveId x',
    ],
    [
      'a receipt has other recipients',
      { receipts: [{ ...receipt, recipients: ['F00D'] }, run.receipts[1]!] },
      'recipients F00D',
    ],
    ['the plan is of another archive', { plan: { ...run.plan, archiveId: 'x' } }, 'plan is of archive x'],
    [
      'the snapshot lacks an index',
      { snapshot: { ...run.snapshot, indices: run.snapshot.indices.slice(1) } },
      '1 are in the snapshot',
    ],
    [
      'an index was made anew between selection and snapshot',
      {
        snapshot: { ...run.snapshot, indices: run.snapshot.indices.map((index) => ({ ...index, uuid: 'new' })) },
      },
      'UUID',
    ],
  ];
  it.each(altered)('is refused when %s', (_, change, message) => {
    expect(() => buildManifest({ ...run, ...change })).toThrow(failure('RunRecordInvalid', message));
  });
});

describe('the manifest file', () => {
  it('reads back', () => {
    expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  });

  it('has the names of the format, in canonical order, and a line feed', () => {
    expect(text(manifest)).toMatch(/^\{"archiveId":".*","cluster":\{"name":.*"volumes":\[\{"bytes":.*\}\n$/);
    expect(Object.keys(JSON.parse(text(manifest)) as object)).toEqual([
      'archiveId',
      'cluster',
      'createdAt',
      'encryption',
      'formatVersion',
      'indices',
      'retention',
      'signing',
      'snapshot',
      'tool',
      'volumes',
    ]);
  });

  it('says what to do about another format version', () => {
    const bytes = Buffer.from(JSON.stringify({ ...manifest, formatVersion: 2, surprise: true }));
    expect(() => parseManifest(bytes)).toThrow(
      failure('FormatInvalid', 'version 2, this program reads version 1: use'),
    );
  });

  const index = manifest.indices[0]!;
  const volume = manifest.volumes[0]!;
  const faults: [string, object, string][] = [
    ['no format version', { formatVersion: undefined }, 'formatVersion'],
    ['an unknown member', { more: 1 }, 'more'],
    ['no volume', { volumes: [] }, 'volumes'],
    ['a digest in upper case', { indices: [{ ...index, mappingSha256: 'A'.repeat(64) }] }, 'indices.0.mappingSha256'],
    ['a time other than the archive id', { createdAt: '2026-01-02T02:00:01.000Z' }, 'createdAt'],
    ['a volume at another key', { volumes: [{ ...volume, key: 'archives/x' }] }, 'volumes.0.key'],
    ['an index twice', { indices: [index, index] }, 'indices.1.name'],
    ['an index in no volume', { indices: [...manifest.indices, { ...index, name: 'c' }] }, 'indices.2.name'],
    ['a volume of an unknown index', { indices: [index] }, 'volumes.1.indices'],
    ['governance mode', { retention: { mode: 'GOVERNANCE', until: manifest.retention.until } }, 'retention.mode'],
    [
      'a negative count',
      { indices: [{ ...index, documents: { count: -1, exact: true } }] },
      'indices.0.documents.count',
    ],
  ];
  it.each(faults)('is refused with %s, by the name of the field', (_, change, field) => {
    const bytes = Buffer.from(JSON.stringify({ ...manifest, ...change }));
    expect(() => parseManifest(bytes)).toThrow(failure('FormatInvalid', field));
  });

  it('is refused when it is no JSON, or cut short', () => {
    const cut = manifestBytes(manifest).subarray(0, 200);
    expect(() => parseManifest(cut)).toThrow(failure('FormatInvalid', 'not JSON'));
  });
});
