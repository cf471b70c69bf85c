import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../../infra/config/read.ts';
import type { Settings } from '../../../infra/config/schema.ts';
import { buildApp } from '../../../infra/stacks/build.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';

export interface Synthesized extends DeployedStacks {
  readonly settings: Settings;
  readonly storage: SynthesizedTemplate;
  readonly archive: SynthesizedTemplate;
}

/** The stacks of the example settings, synthesized; `without` leaves settings out. */
export async function synthesizeExample(without: readonly (keyof Settings)[] = []): Promise<Synthesized> {
  const configuration = await readConfiguration('infra/config/example.json');
  const settings = Object.fromEntries(
    Object.entries(configuration.settings).filter(([name]) => !without.includes(name as keyof Settings)),
  ) as Settings;
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-synth-'));
  try {
    const assembly = buildApp({ ...configuration, settings }, { outdir, validate: false }).synth();
    const [storage, archive] = ['storage', 'archive'].map(
      (name) => assembly.getStackByName(`${settings.prefix}-${name}`).template as SynthesizedTemplate,
    ) as [SynthesizedTemplate, SynthesizedTemplate];
    const { account, region } = settings;
    return { settings, storage, archive, templates: [storage, archive], account, region };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Properties of the only resource of a type, or of the one with this logical id's beginning. */
export function resourcesOf(template: SynthesizedTemplate, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, { Properties }]) => [logicalId, { ...Properties }]);
}
