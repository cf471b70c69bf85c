import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIngestApp } from '../../../infra/ingest/build.ts';
import type { LogSettings } from '../../../infra/ingest/config/buckets.ts';
import { ingestSchema } from '../../../infra/ingest/config/schema.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';

const file = new URL('../../../infra/ingest/config/example.json', import.meta.url);
export type Example = { logs: Record<string, unknown> & { sources: Record<string, unknown>[] } };
export const example = (): Example => JSON.parse(readFileSync(file, 'utf8')) as Example;

export interface LogStacks {
  readonly settings: LogSettings;
  readonly account: DeployedStacks;
  readonly replica: DeployedStacks;
  /** That of the first source, and of the second. */
  readonly sources: readonly DeployedStacks[];
}

/** The stacks of the central buckets by the example's settings, synthesized. */
export function synthesizeLogs(): LogStacks {
  const { logs } = ingestSchema.parse(example());
  const settings = logs!;
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-synth-'));
  try {
    const assembly = buildIngestApp({ logs: settings }, { outdir, validate: false }).synth();
    const stack = (id: string, account: string, region: string): DeployedStacks => ({
      templates: [assembly.getStackArtifact(id).template as SynthesizedTemplate],
      account,
      region,
    });
    return {
      settings,
      account: stack('permafrost-log-account', settings.account, settings.region),
      replica: stack('permafrost-log-replica', settings.account, settings.replication!.region),
      sources: settings.sources.map(({ account, region }) =>
        stack(`permafrost-log-source-${account}-${region}`, account, region),
      ),
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
