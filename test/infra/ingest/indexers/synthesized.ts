import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { flags } from '../../../../infra/ingest/build.ts';
import type { LogSettings } from '../../../../infra/ingest/config/buckets.ts';
import { indexers } from '../../../../infra/ingest/config/indexers.ts';
import { addIndexersStack } from '../../../../infra/ingest/stacks/indexers.ts';
import { addNagChecks } from '../../../../infra/nag.ts';
import { resolveIntrinsics, type DeployedStacks, type SynthesizedTemplate } from '../../../support/intrinsics.ts';

export const account = '444455556666';
export const region = 'eu-west-1';
export const domainArn = `arn:aws:es:${region}:${account}:domain/logs`;

/** One indexer for each way in which notices come. */
export const settings = (): Record<string, unknown> & { indexers: Record<string, unknown>[] } => ({
  account,
  region,
  domain: { endpoint: 'https://logs.example.com', arn: domainArn },
  indexers: [
    {
      name: 'orders',
      source: { newBucket: 'acme-logs', prefix: 'orders/' },
      format: 'json-lines',
      indexPattern: 'orders-YYYY.MM.DD',
    },
    {
      name: 'web',
      source: { newBucket: 'acme-logs', prefix: 'web [1]/' },
      format: 'text',
      indexPattern: 'web-YYYY.MM.DD',
      timeoutSeconds: 900,
      maxReceiveCount: 5,
      maximumConcurrency: 7,
    },
    {
      name: 'flow-logs',
      source: { bucket: 'acme-flow', prefix: 'AWSLogs/' },
      format: 'vpc-flow-logs',
      indexPattern: 'flow-YYYY.MM.DD',
    },
    {
      name: 'access',
      source: {
        bucket: 'acme-access',
        prefix: 'app/ä b/',
        topicArn: `arn:aws:sns:${region}:777788889999:acme-access`,
        keyArn: `arn:aws:kms:${region}:777788889999:key/abc`,
      },
      format: 'alb-access-logs',
      indexPattern: 'access-YYYY.MM.DD',
    },
  ],
});

/** As text, which says more than an error that is compared in parts. */
export function faultsOf(changed: object): string {
  const { error } = indexers.safeParse(changed);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

/**
 * The stack by these settings, held against the rules, which throw.
 * @param inspect is given the folder of the assembly, which is removed afterwards
 */
export function synthesize(
  wanted: object = settings(),
  logs?: LogSettings,
  inspect?: (outdir: string) => void,
): DeployedStacks {
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-indexers-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      stackTraces: false,
      treeMetadata: false,
      builtinCloudFormationValidation: false,
      postCliContext: flags,
    });
    addIndexersStack(app, indexers.parse(wanted), logs);
    addNagChecks(app);
    const artifact = app.synth().getStackArtifact('permafrost-indexers');
    inspect?.(outdir);
    return { templates: [artifact.template as SynthesizedTemplate], account, region };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

export interface Found {
  readonly id: string;
  /** Intrinsics resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** As it stands in the template. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Resources of a type. */
export const resourcesOf = (stacks: DeployedStacks, type: string): Found[] =>
  stacks.templates.flatMap((template) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, resource]) => ({
        id,
        // When it is asked for: not every intrinsic of every resource is known.
        get properties() {
          return resolveIntrinsics(stacks, template, resource.Properties ?? {}) as Record<string, unknown>;
        },
        resource: resource as unknown as Record<string, unknown>,
      })),
  );

/** The only resource of a type with this property. */
export function resourceWith(stacks: DeployedStacks, type: string, property: string, value: unknown): Found {
  const found = resourcesOf(stacks, type).filter(({ properties }) => properties[property] === value);
  if (found.length !== 1) throw new RangeError(`${found.length} of ${type} have ${property} ${String(value)}`);
  return found[0]!;
}
