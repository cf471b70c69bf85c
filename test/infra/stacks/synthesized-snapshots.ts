import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../../../infra/config/read.ts';
import type { Settings } from '../../../infra/config/schema.ts';
import { SnapshotsStack } from '../../../infra/stacks/snapshots.ts';
import { resolveIntrinsics, type DeployedStacks, type SynthesizedTemplate } from '../../support/intrinsics.ts';

export interface SynthesizedSnapshots extends DeployedStacks {
  readonly template: SynthesizedTemplate;
  readonly resolved: (value: unknown) => unknown;
}

/** The stack of frequent snapshots alone, of the example's settings with some changed; without endpoints of another stack. */
export async function synthesizeSnapshots(
  snapshots: Partial<Settings['snapshots']> = {},
  { inVpc = false }: { readonly inVpc?: boolean } = {},
): Promise<SynthesizedSnapshots> {
  const configuration = await readConfiguration('infra/config/example.json');
  const { network, ...others } = configuration.settings;
  const settings = {
    ...others,
    ...(inVpc && network && { network: { ...network, createEndpoints: false } }),
    snapshots: { ...others.snapshots, ...snapshots },
  };
  const { account, region } = settings;
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-snapshots-'));
  try {
    const app = new App({ outdir, analyticsReporting: false, stackTraces: false, treeMetadata: false });
    const { stackName } = new SnapshotsStack(
      app,
      `${settings.prefix}-snapshots`,
      { ...configuration, settings },
      { env: { account, region } },
    );
    const template = app.synth().getStackByName(stackName).template as SynthesizedTemplate;
    const stacks: DeployedStacks = { templates: [template], account, region };
    return { ...stacks, template, resolved: (value) => resolveIntrinsics(stacks, template, value) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
