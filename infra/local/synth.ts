import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfiguration } from '../config/read.ts';
import type { SettingsInput } from '../config/schema.ts';
import { buildIngestApp } from '../ingest/build.ts';
import { ingestSchema } from '../ingest/config/schema.ts';
import { buildApp } from '../stacks/build.ts';
import { ingestSettings } from './ingest-settings.ts';

export interface LocalSynthesis {
  /** Emptied first. */
  readonly outDir: string;
  /** Files with the recipients' public keys. */
  readonly recipients: readonly { readonly publicPath: string }[];
  readonly profile: SettingsInput['encryption']['profile'];
  readonly retentionDays: number;
  readonly indexPatterns?: readonly string[];
  /** Whether stacks are made that bring logs in. */
  readonly ingest: boolean;
  /** Replace settings of the same name whole. */
  readonly overrides?: Partial<SettingsInput>;
}

/** The domain that the local node stands for. */
export const localDomain = {
  endpoint: 'https://logs.permafrost.internal',
  arn: 'arn:aws:es:us-east-1:000000000000:domain/logs',
};

/** Stands for the fingerprint of the signing key, which does not exist yet: `startStack` puts the real one in its place. */
export const signingKeyPlaceholder = '0'.repeat(64);

/**
 * Synthesizes the stacks for this machine, by the same code as for a deployment, in this process: starting the CDK CLI takes
 * longer than the synthesis itself.
 * @returns directories of the cloud assemblies, of the workflows and of what brings logs in
 */
export async function synthesizeLocal(
  options: LocalSynthesis,
): Promise<{ readonly workflows: string; readonly ingest?: string }> {
  const outDir = resolve(options.outDir);
  const [workflows, ingest] = [join(outDir, 'workflows'), join(outDir, 'ingest')];
  for (const directory of [workflows, ingest]) rmSync(directory, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const settings: SettingsInput = {
    account: '000000000000',
    region: 'us-east-1',
    domain: localDomain,
    indices: { patterns: [...(options.indexPatterns ?? ['logdata-DDMMYYYY'])] },
    retention: { days: options.retentionDays },
    encryption: {
      profile: options.profile,
      recipients: options.recipients.map(({ publicPath }) => resolve(publicPath)),
    },
    // One node: a replica would stay unassigned.
    restore: { trustedSigningKeys: [signingKeyPlaceholder], replicas: 0 },
    runbookUrl: 'https://permafrost.internal/docs/runbook.md',
    ...options.overrides,
  };
  const file = join(outDir, 'settings.json');
  writeFileSync(file, JSON.stringify(settings, null, 2));
  const configuration = await readConfiguration(file);
  buildApp(configuration, { outdir: workflows, validate: false }).synth();
  if (!options.ingest) return { workflows };
  const bringingLogs = ingestSchema.parse(ingestSettings(configuration.settings));
  buildIngestApp(bringingLogs, { outdir: ingest, validate: false }).synth();
  return { workflows, ingest };
}
