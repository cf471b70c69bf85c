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
  readonly domainEndpoint?: string;
  /** Whether stacks are made that bring logs in. */
  readonly ingest: boolean;
  /** Replace settings of the same name whole. */
  readonly overrides?: Partial<SettingsInput>;
}

/** Stands for the fingerprint of the signing key, which does not exist yet: `startStack` puts the real one in its place. */
export const signingKeyPlaceholder = '0'.repeat(64);

/**
 * Synthesizes the stacks for this machine, by the same code as for a deployment, in this process: starting the CDK CLI takes
 * longer than the synthesis itself.
 * @returns the cloud assemblies, of the workflows and of what brings logs in, and the endpoint by which the functions will call the cluster.
 */
export async function synthesizeLocal(
  options: LocalSynthesis,
): Promise<{ assemblies: string[]; domainEndpoint: string }> {
  const outDir = resolve(options.outDir);
  const [workflows, ingest] = [join(outDir, 'workflows'), join(outDir, 'ingest')];
  for (const directory of [workflows, ingest]) rmSync(directory, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const settings: SettingsInput = {
    account: '000000000000',
    region: 'us-east-1',
    domain: {
      endpoint: options.domainEndpoint ?? 'https://logs.permafrost.internal',
      arn: 'arn:aws:es:us-east-1:000000000000:domain/logs',
    },
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
  const domainEndpoint = configuration.settings.domain.endpoint;
  if (!options.ingest) return { assemblies: [workflows], domainEndpoint };
  const bringingLogs = ingestSchema.parse(ingestSettings(configuration.settings));
  buildIngestApp(bringingLogs, { outdir: ingest, validate: false }).synth();
  return { assemblies: [workflows, ingest], domainEndpoint };
}
