import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIngestApp } from '../../../../infra/ingest/build.ts';
import { ingestSchema } from '../../../../infra/ingest/config/schema.ts';
import type { SynthesizedTemplate } from '../../../support/intrinsics.ts';
import { example } from '../synthesized.ts';

export type Changes = Readonly<Record<string, unknown>>;

export const settingsWith = (changes: Changes = {}): unknown => {
  const { analytics } = example() as unknown as { analytics: Record<string, unknown> };
  return { analytics: { ...analytics, ...changes } };
};

/** The stack of the example's settings. */
export function synthesizeAnalytics(changes: Changes = {}): SynthesizedTemplate {
  const { analytics } = ingestSchema.parse(settingsWith(changes));
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-synth-'));
  try {
    const assembly = buildIngestApp({ analytics }, { outdir, validate: false }).synth();
    return assembly.getStackByName('permafrost-analytics').template as SynthesizedTemplate;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
