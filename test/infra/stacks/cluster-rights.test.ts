import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { FineGrainedAccess } from '../../../infra/config/fine-grained-access.ts';
import { readConfiguration } from '../../../infra/config/read.ts';
import { clusterRights } from '../../../infra/constructs/cluster-rights.ts';
import { buildApp } from '../../../infra/stacks/build.ts';
import { policyAllows, roleIds, roleStatements } from '../../support/iam-matcher.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';
import { resourcesOf } from './synthesized.ts';

const masterSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:master-a1b2c3';
const masterSecretKmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const masterRoleArn = 'arn:aws:iam::111122223333:role/master';
const domainArn = 'arn:aws:es:eu-west-1:111122223333:domain/logs';
const place = { account: '111122223333', region: 'eu-west-1' };

async function synthesized<Result>(synthesize: (outdir: string) => Promise<Result> | Result): Promise<Result> {
  const outdir = mkdtempSync(join(tmpdir(), 'permafrost-synth-'));
  try {
    return await synthesize(outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The templates of all stacks, by the ends of their names. */
const allStacks = (access: Partial<FineGrainedAccess>): Promise<Map<string, SynthesizedTemplate>> =>
  synthesized(async (outdir) => {
    const configuration = await readConfiguration('infra/config/example.json');
    const { domain: bare, ...settings } = configuration.settings;
    const domain = { ...bare, fineGrainedAccess: { archiveIndices: [], ...access } };
    const changed = { ...settings, domain, restore: { ...settings.restore, domain } };
    const { stacks } = buildApp({ ...configuration, settings: changed }, { outdir, validate: false }).synth();
    return new Map(
      stacks.map(({ stackName, template }) => [
        stackName.replace(`${settings.prefix}-`, ''),
        template as SynthesizedTemplate,
      ]),
    );
  });

/** A stack that has nothing else, and no function to map. */
const alone = (
  access?: Partial<FineGrainedAccess>,
  indices: readonly string[] = ['logdata-*'],
): Promise<SynthesizedTemplate> =>
  synthesized((outdir) => {
    const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'permafrost-archive', { env: place });
    clusterRights(stack, {
      workflow: 'archive',
      prefix: 'permafrost',
      domain: {
        endpoint: 'https://vpc-logs-example.eu-west-1.es.amazonaws.com',
        arn: domainArn,
        ...(access && { fineGrainedAccess: { archiveIndices: [], ...access } }),
      },
      functions: {},
      indices,
      serviceName: 'permafrost-archive',
      network: {},
    });
    return app.synth().getStackByName('permafrost-archive').template as SynthesizedTemplate;
  });

interface FunctionProperties {
  readonly FunctionName: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, string] };
}
const functionsOf = (template: SynthesizedTemplate): FunctionProperties[] =>
  resourcesOf(template, 'AWS::Lambda::Function').map(([, properties]) => properties as unknown as FunctionProperties);
const variablesOf = ({ Environment }: FunctionProperties): Readonly<Record<string, unknown>> => Environment.Variables;
const roleOf = ({ Role }: FunctionProperties): string => Role['Fn::GetAtt'][0];
const applying = (template: SynthesizedTemplate): FunctionProperties => {
  const found = functionsOf(template).filter(({ FunctionName }) => FunctionName.includes('-apply-'));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const plain = (roleId: string): string => roleId.replace(/Role[0-9A-F]{8}$/, '');

describe('the stacks, where the settings name an administrator of the domain', () => {
  it('map the roles of exactly those functions that call the cluster', async () => {
    const stacks = await allStacks({ masterSecretArn, archiveIndices: ['by-hand-*'] });
    const deployed: DeployedStacks = { templates: [...stacks.values()], ...place };
    for (const [name, workflow] of [
      ['archive', 'archive'],
      ['restore', 'restore'],
      ['snapshots', 'snapshot'],
    ] as const) {
      const template = stacks.get(name)!;
      const [[, resource], ...others] = resourcesOf(template, 'Custom::ClusterRights') as [
        [string, Record<string, unknown>],
      ];
      expect(others).toEqual([]);
      expect(resource).toMatchObject({ Role: `permafrost-${workflow}`, ServiceTimeout: '900' });
      const mapped = (resource['FunctionRoleArns'] as FunctionProperties['Role'][]).map((arn) => arn['Fn::GetAtt'][0]);
      expect(mapped.length).toBeGreaterThan(5);
      // By the other side of rights: whoever IAM lets call the domain.
      const callers = Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
        .map(([id]) => id)
        .filter((id) =>
          roleStatements(deployed, id).some(({ Action }) => Action.some((action) => action.startsWith('es:'))),
        );
      expect(mapped.map(plain).toSorted()).toEqual(callers.map(plain).toSorted());
    }
    expect(variablesOf(applying(stacks.get('archive')!))).toMatchObject({
      WORKFLOW: 'archive',
      ROLE_NAME: 'permafrost-archive',
      INDICES: 'logdata-*,cwl-*.*.*,by-hand-*',
    });
    expect(variablesOf(applying(stacks.get('restore')!))).toMatchObject({ INDICES: '*' });
    const readers = roleIds(deployed).filter((id) =>
      policyAllows(deployed, id, 'secretsmanager:GetSecretValue', masterSecretArn),
    );
    expect(readers.map(plain).toSorted()).toEqual(['ApplyRights', 'RestoreApplyRights', 'SnapshotsApplyRights']);
  }, 240_000);
});

/** Actions of the function's role, but for those that every function has. */
function rightsOf(template: SynthesizedTemplate): string[] {
  const statements = roleStatements({ templates: [template], ...place }, roleOf(applying(template)));
  return statements
    .filter(({ Action }) => !Action.every((action) => action.startsWith('logs:')))
    .flatMap(({ Action, Resource }) => Action.flatMap((action) => Resource.map((resource) => `${action} ${resource}`)))
    .toSorted();
}

describe('the function that applies rights', () => {
  it('is not there where the domain has no fine-grained access control', async () => {
    expect(await alone()).not.toHaveProperty('Resources');
  });

  it('reads the secret of an administrator, and has no rights on the domain by IAM', async () => {
    const template = await alone({ masterSecretArn, masterSecretKmsKeyArn });
    expect(variablesOf(applying(template))).toMatchObject({ MASTER_SECRET_ARN: masterSecretArn });
    expect(variablesOf(applying(template))).not.toHaveProperty('MASTER_ROLE_ARN');
    expect(rightsOf(template)).toEqual([
      `kms:Decrypt ${masterSecretKmsKeyArn}`,
      `secretsmanager:GetSecretValue ${masterSecretArn}`,
    ]);
  });

  it('assumes the role of an administrator', async () => {
    const template = await alone({ masterRoleArn });
    expect(variablesOf(applying(template))).toMatchObject({ MASTER_ROLE_ARN: masterRoleArn });
    expect(rightsOf(template)).toEqual([`sts:AssumeRole ${masterRoleArn}`]);
  });

  it('as an administrator itself may touch its own role and mapping, and no other', async () => {
    const template = await alone({ ownRole: true });
    const may = (method: string, path: string): boolean =>
      policyAllows(
        { templates: [template], ...place },
        roleOf(applying(template)),
        `es:ESHttp${method}`,
        `${domainArn}/_plugins/_security/api/${path}`,
      );
    expect(may('Get', 'rolesmapping')).toBe(true);
    expect(may('Put', 'roles/permafrost-archive')).toBe(true);
    expect(may('Patch', 'rolesmapping/permafrost-archive')).toBe(true);
    expect(may('Put', 'rolesmapping/all_access')).toBe(false);
    expect(may('Delete', 'roles/permafrost-archive')).toBe(false);
  });

  it('is asked again by CloudFormation when its role or who has it changes, at an address that stays', async () => {
    const resource = async (...of: Parameters<typeof alone>): Promise<Record<string, unknown>> =>
      resourcesOf(await alone(...of), 'Custom::ClusterRights')[0]![1];
    const first = await resource({ ownRole: true });
    expect(first['ServiceToken']).toMatchObject({
      'Fn::GetAtt': [expect.stringMatching(/^ApplyRightsFunction/), 'Arn'],
    });
    expect(await resource({ masterRoleArn })).toEqual(first);
    const { RoleDocument, ...rest } = await resource({ ownRole: true }, ['logdata-*', 'more-*']);
    expect(first).toMatchObject(rest);
    expect(RoleDocument).not.toBe(first['RoleDocument']);
  });
});
