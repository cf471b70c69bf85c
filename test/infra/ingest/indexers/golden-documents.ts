import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FormatName } from '../../../../functions/ingest/formats/index.ts';

const samples = fileURLToPath(new URL('../../../golden/ingest', import.meta.url));
/** When all samples are taken to be stored. */
const stored = '2026-01-02T03:20:00.000Z';

export type GoldenDocument = Readonly<Record<string, unknown>>;

/** The documents that come of the samples of a format, with their time. */
export function goldenDocuments(format: FormatName): GoldenDocument[] {
  return globSync('*.expected.json', { cwd: join(samples, format) }).flatMap((file) => {
    const expected = JSON.parse(readFileSync(join(samples, format, file), 'utf8')) as {
      record?: { document: GoldenDocument; time?: string };
    }[];
    return expected.flatMap(({ record }) =>
      record ? [{ '@timestamp': record.time ?? stored, ...record.document }] : [],
    );
  });
}
