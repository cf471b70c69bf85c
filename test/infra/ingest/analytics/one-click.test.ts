import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOneClick } from '../../../../infra/ingest/analytics/one-click.ts';

type Value = string | { readonly [name: string]: unknown };
interface Parameter {
  readonly Type: string;
  readonly AllowedPattern?: string;
  readonly Default?: string;
}
interface OneClick {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Conditions: Readonly<Record<string, Value>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>>;
}

const folder = mkdtempSync(join(tmpdir(), 'permafrost-one-click-'));
let files: string[];
let text: string;
let template: OneClick;
beforeAll(() => {
  files = writeOneClick(folder, { validate: false });
  text = readFileSync(join(folder, files[0]!), 'utf8');
  template = JSON.parse(text) as OneClick;
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

it('has the parameters that the form asks for, and no other', () => {
  expect(Object.keys(template.Parameters).toSorted()).toEqual(
    ['AllowedCidr', 'AssetBucket', 'CertificateArn', 'CloudTrailName', 'LogGroupName', 'SubnetIds', 'VpcId'].toSorted(),
  );
});

it('is plain: no account, no region, nothing of a bootstrap, small enough for the console', () => {
  expect(text).not.toMatch(/cdk-hnb659fds|BootstrapVersion|AWS::CDK|\d{12}(?!\d)/);
  expect(text.length).toBeLessThan(1_000_000);
});

describe('AllowedCidr', () => {
  const pattern = (): RegExp => new RegExp(template.Parameters['AllowedCidr']!.AllowedPattern!);
  const ten = Array.from({ length: 10 }, (_, index) => `192.0.2.${index}/32`);

  it.each(['198.51.100.0/24', '10.0.0.0/8', '198.51.100.0/24,203.0.113.7/32', ten.join(',')])('may be %s', (value) => {
    expect(value).toMatch(pattern());
  });

  it.each(['', '0.0.0.0/0', '192.0.2.1', '192.0.2.0/24, 10.0.0.0/8', '192.0.2.0/33', [...ten, '10.0.0.0/8'].join(',')])(
    'may not be %j',
    (value) => {
      expect(value).not.toMatch(pattern());
    },
  );

  it.each([[['198.51.100.0/24']], [['198.51.100.0/24', '203.0.113.7/32', '10.0.0.0/8']], [ten]])(
    '%j makes a rule for each, and the list of nginx',
    (ranges) => {
      const given = ranges.join(',');
      const balancer = Object.entries(template.Resources).find(([id]) =>
        id.startsWith('EntranceBalancerSecurityGroup'),
      )!;
      const rules = (balancer[1].Properties['SecurityGroupIngress'] as Value[])
        .map((rule) => evaluate(template, rule, given))
        .filter((rule) => rule !== undefined) as { CidrIp: string }[];
      expect(rules.map(({ CidrIp }) => CidrIp)).toEqual(ranges);
      const task = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::ECS::TaskDefinition')!;
      const [{ Environment }] = task.Properties['ContainerDefinitions'] as [
        { Environment: { Name: string; Value: Value }[] },
      ];
      expect(Environment.find(({ Name }) => Name === 'ALLOWED_CIDRS')?.Value).toEqual({ Ref: 'AllowedCidr' });
    },
  );
});

describe('the files beside it', () => {
  it('are all that the functions are fetched from, by the names that the template has', () => {
    const code = Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties['Code'] as { S3Bucket?: Value; S3Key?: string; ZipFile?: string })
      .filter(({ ZipFile }) => ZipFile === undefined);
    expect(code.map(({ S3Key }) => S3Key)).toEqual(files.slice(1));
    for (const { S3Bucket } of code) expect(S3Bucket).toEqual({ 'Fn::Sub': '${AssetBucket}' });
    expect(readdirSync(folder).toSorted()).toEqual(files.toSorted());
  });

  it('hold the function, readable as ZIP', () => {
    for (const name of files.slice(1)) {
      const archive = readFileSync(join(folder, name));
      expect(statSync(join(folder, name)).size).toBeLessThan(50 * 1024 * 1024);
      const index = entries(archive).get('index.mjs')!.toString();
      expect(index).toContain('handler');
    }
  });
});

/** Files by the central directory (APPNOTE.TXT, 4.3.12). */
function entries(archive: Buffer): Map<string, Buffer> {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  const found = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [packed, nameLength, local] = [20, 28, 42].map((offset) =>
      offset === 28 ? archive.readUInt16LE(at + offset) : archive.readUInt32LE(at + offset),
    ) as [number, number, number];
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString();
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    found.set(name, inflateRawSync(archive.subarray(start, start + packed)));
    at += 46 + nameLength;
  }
  return found;
}

/** As CloudFormation would, with this list; undefined for AWS::NoValue. */
function evaluate(of: OneClick, value: unknown, given: string): unknown {
  const inner = (each: unknown): unknown => evaluate(of, each, given);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value) as [string, unknown][];
  const list = (): unknown[] => argument as unknown[];
  switch (name) {
    case 'Ref':
      return argument === 'AllowedCidr' ? given : undefined;
    case 'Fn::Join':
      return (inner(list()[1]) as string[]).join(list()[0] as string);
    case 'Fn::Split':
      return (inner(list()[1]) as string).split(list()[0] as string);
    case 'Fn::Select':
      return (inner(list()[1]) as string[])[Number(list()[0])];
    case 'Fn::Not':
      return inner(list()[0]) !== true;
    case 'Fn::Equals':
      return inner(list()[0]) === inner(list()[1]);
    case 'Fn::If':
      return inner(of.Conditions[list()[0] as string]) === true ? inner(list()[1]) : inner(list()[2]);
    default:
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]));
  }
}

it('is explained by --help of its command, which writes nothing', () => {
  const command = join(import.meta.dirname, '../../../../infra/ingest/analytics/synth-one-click.ts');
  const empty = mkdtempSync(join(tmpdir(), 'permafrost-one-click-help-'));
  try {
    const said = execFileSync(process.execPath, [command, '--help'], { cwd: empty, encoding: 'utf8' });
    expect(said).toContain('one template for the console of CloudFormation');
    expect(readdirSync(empty)).toEqual([]);
  } finally {
    rmSync(empty, { recursive: true });
  }
}, 60_000);
