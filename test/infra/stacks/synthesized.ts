import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../../infra/config/read.ts';
import type { Settings } from '../../../infra/config/schema.ts';
import { buildApp } from '../../../infra/stacks/build.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';

/** `templates`: those of the archiving side. */
export interface Synthesized extends DeployedStacks {
  readonly settings: Settings;
  readonly storage: SynthesizedTemplate;
  readonly archive: SynthesizedTemplate;
  readonly restore: SynthesizedTemplate;
  readonly snapshots: SynthesizedTemplate;
  /** The restoring side, with the archive bucket that it reads. */
  readonly restoring: DeployedStacks;
  /** All stacks: the restoring side may run in the network of the other. */
  readonly all: DeployedStacks;
}

export interface Changes {
  readonly without?: readonly (keyof Settings)[];
  readonly restore?: Partial<Settings['restore']>;
  readonly deleteSourceIndices?: boolean;
}

/** The stacks of the example settings, synthesized; `without` leaves settings out, `restore` changes those of the restoring side. */
export async function synthesizeExample({
  without = [],
  restore: changed = {},
  deleteSourceIndices = false,
}: Changes = {}): Promise<Synthesized> {
  const configuration = await readConfiguration('infra/config/example.json');
  const kept = Object.fromEntries(
    Object.entries(configuration.settings).filter(([name]) => !without.includes(name as keyof Settings)),
  ) as Settings;
  const settings = { ...kept, restore: { ...kept.restore, ...changed }, deleteSourceIndices };
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-synth-'));
  try {
    const assembly = buildApp({ ...configuration, settings }, { outdir, validate: false }).synth();
    const [storage, archive, restore, snapshots] = ['storage', 'archive', 'restore', 'snapshots'].map(
      (name) => assembly.getStackByName(`${settings.prefix}-${name}`).template as SynthesizedTemplate,
    ) as [SynthesizedTemplate, SynthesizedTemplate, SynthesizedTemplate, SynthesizedTemplate];
    const { account, region } = settings;
    const there = { account: settings.restore.account, region: settings.restore.region };
    return {
      ...{ settings, storage, archive, restore, snapshots, templates: [storage, archive], account, region },
      restoring: { templates: [storage, restore], ...there },
      all: { templates: [storage, archive, restore, snapshots], ...there },
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The resources of a type, each as its logical id and properties. */
export function resourcesOf(template: SynthesizedTemplate, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, { Properties }]) => [logicalId, { ...Properties }]);
}
