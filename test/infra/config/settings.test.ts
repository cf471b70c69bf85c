import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsInvalid } from '../../../infra/config/errors.ts';
import { readConfiguration } from '../../../infra/config/read.ts';

const exampleFile = 'infra/config/example.json';
const exampleKey = readFileSync('infra/config/example-recipient.asc', 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'permafrost-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

type Path = readonly (string | number)[];

/** The example with one value replaced, or removed when it is undefined. */
function changed(path: Path, value: unknown): string {
  const settings = JSON.parse(readFileSync(exampleFile, 'utf8')) as Record<string, unknown>;
  let place = settings as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) place = (place[step] ??= {}) as Record<string, unknown>;
  place[path.at(-1)!] = value;
  return written(JSON.stringify(settings));
}

function written(content: string): string {
  const file = join(directory, 'settings.json');
  writeFileSync(file, content);
  writeFileSync(join(directory, 'example-recipient.asc'), exampleKey);
  return file;
}

const refusal = async (file: string): Promise<string> => {
  const error: unknown = await readConfiguration(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SettingsInvalid);
  return (error as Error).message;
};

describe('the settings file', () => {
  it('of the example is usable, and its key is the one that it names', async () => {
    const { settings, recipients } = await readConfiguration(exampleFile);
    expect(settings.retention).toEqual({ days: 1, mode: 'COMPLIANCE' });
    expect(recipients.fingerprints).toEqual(['2B08B91BACA2E2A3DE3DDF88590FE7C3FBFA4F96']);
    expect(recipients.armored).toContain('BEGIN PGP PUBLIC KEY BLOCK');
  });

  it('needs no more than what has no sensible default', async () => {
    const { account, region, domain, indices, retention, encryption, runbookUrl } = JSON.parse(
      readFileSync(exampleFile, 'utf8'),
    ) as Record<string, unknown>;
    const least = { account, region, domain, indices, retention, encryption, runbookUrl };
    const { settings } = await readConfiguration(written(JSON.stringify(least)));
    expect(settings).toMatchObject({
      prefix: 'permafrost',
      archivePrefix: 'logdata',
      signing: { algorithm: 'ECDSA_SHA_256' },
      schedule: { timezone: 'UTC', alarmAfterHours: 26 },
      volumes: { targetGiB: 32, parallelism: 4 },
    });
    expect(settings.network).toBeUndefined();
    expect(settings.restore).toMatchObject({
      enabled: true,
      ...{ account, region, domain },
      trustedSigningKeys: [],
      privateKey: { hasPassphrase: true },
      replicas: 1,
      drills: { cron: 'cron(0 4 1 * ? *)', alarmAfterDays: 40 },
    });
  });

  it.each<[Path, unknown, string]>([
    [['account'], '1234', 'account: must be an AWS account id'],
    [['account'], undefined, 'account: is missing'],
    [['account'], 111122223333, 'account: must be the 12 digits in quotes'],
    [['region'], 'Ireland', 'region: must be the name of an AWS region'],
    [['prefix'], 'Permafrost', 'prefix: must be 1 to 20 of a-z'],
    [['prefix'], 'permafrost-of-the-north', 'prefix: must be 1 to 20 of a-z'],
    [['domain', 'endpoint'], 'http://logs.example.com', 'domain.endpoint: must be an https:// URL'],
    [['domain', 'endpoint'], 'https://logs.example.com/_dashboards', 'domain.endpoint: must be the endpoint alone'],
    [['domain', 'endpoint'], undefined, 'domain.endpoint: is missing'],
    [
      ['domain', 'endpoint'],
      'https://search-logs-x.eu-central-1.es.amazonaws.com',
      'domain.endpoint: is in region eu-central-1, but arn in eu-west-1',
    ],
    [['domain', 'endpoint'], 'https://vpc-logs-x.aos.us-east-1.on.aws', 'domain.endpoint: is in region us-east-1'],
    [['domain', 'arn'], 'arn:aws:s3:::logs', 'domain.arn: must be the ARN of an OpenSearch domain'],
    [['domain', 'arn'], 'arn:aws:es:us-east-1:111122223333:domain/logs', 'domain.arn: must be in account'],
    [['network', 'subnetIds'], [], 'network.subnetIds: '],
    [['network', 'availabilityZones'], ['eu-west-1a'], 'network.availabilityZones: must name the zone of each subnet'],
    [['network', 'routeTableIds'], undefined, 'network.routeTableIds: must name the route table of each subnet'],
    [['indices', 'patterns'], [], 'indices.patterns: '],
    [['indices', 'patterns', 0], 'Logdata-DDMMYYYY', 'indices.patterns.0: must be lower case'],
    [['indices', 'patterns', 0], 'logdata-YYYY', 'indices.patterns.0: must contain each of YYYY, MM and DD'],
    [['indices', 'patterns', 0], 'logdata-DDMMYYYY-DD', 'indices.patterns.0: must contain each of YYYY, MM and DD'],
    [['indices', 'patterns', 0], 'a-YYYYMMDD,b-YYYYMMDD', 'indices.patterns.0: contains a character'],
    [['indices', 'patterns', 0], 'app-YYYY.MM', 'exactly once: app-YYYY.MM.DD'],
    [['indices', 'patterns', 0], '.logs-YYYYMMDD', 'indices.patterns.0: must not begin with'],
    [['indices', 'exclude', 0], 'Test*', 'indices.exclude.0: must be lower case'],
    [['indices', 'minimumAgeHours'], 31 * 24, 'indices.windowDays: must be longer than minimumAgeHours'],
    [['archivePrefix'], 'log_data', 'archivePrefix: must be 1 to 40'],
    [['retention', 'days'], 0, 'retention.days: '],
    [['retention', 'mode'], 'GOVERNANCE', 'retention.mode: '],
    [['encryption', 'profile'], 'age', 'encryption.profile: '],
    [['encryption', 'recipients'], [], 'encryption.recipients: '],
    [['encryption', 'recipients'], ['absent.asc'], 'absent.asc cannot be read'],
    [['encryption', 'recipients'], ['settings.json'], 'settings.json cannot be used: RecipientUnreadable'],
    [['signing', 'algorithm'], 'RSASSA_PSS_SHA_256', 'signing.algorithm: '],
    [['schedule', 'cron'], '0 2 * * *', 'schedule.cron: must be an expression of six fields'],
    [['schedule', 'timezone'], 'Dublin', 'schedule.timezone: must be a time zone'],
    [['schedule', 'alarmAfterHours'], 200, 'schedule.alarmAfterHours: '],
    [['volumes', 'parallelism'], 0, 'volumes.parallelism: '],
    [['lifecycle', 'glacierClass'], 'STANDARD_IA', 'lifecycle.glacierClass: '],
    [['notifications', 'emails'], ['nobody'], 'notifications.emails.0: '],
    [['restore', 'trustedSigningKeys', 0], 'abc', 'restore.trustedSigningKeys.0: must be a SHA-256 in hex'],
    [['restore', 'account'], '222233334444', 'restore.domain: must name a domain in account 222233334444'],
    [
      ['restore', 'region'],
      'eu-west-2',
      'restore.domain: must name a domain in account 111122223333 and region eu-west-2',
    ],
    [
      ['restore', 'domain'],
      { endpoint: 'https://other.example.com', arn: 'arn:aws:es:us-east-1:111122223333:domain/other' },
      'restore.domain.arn: must be in account 111122223333 and region eu-west-1',
    ],
    [['restore', 'privateKey'], { secretArn: 'my-key' }, 'restore.privateKey.secretArn: must be the whole ARN'],
    [
      ['restore', 'privateKey'],
      {
        hasPassphrase: false,
        passphraseSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:passphrase-AbCdEf',
      },
      'restore.privateKey.passphraseSecretArn: must not be there',
    ],
    [['restore', 'prices'], { currency: 'EUR' }, 'restore.prices.thaw'],
    [['restore', 'replicas'], 6, 'restore.replicas: '],
    [['restore', 'drills', 'cron'], 'monthly', 'restore.drills.cron: must be an expression of six fields'],
    [['restore', 'drills', 'keepDays'], 7, 'restore.drills.keepDays: '],
    [['restore', 'leaseDays'], 7, 'leaseDays'],
    [['runbookUrl'], 'runbook.md', 'runbookUrl: must be an https:// URL'],
    [
      ['retentionDays'],
      7,
      '(whole file): there is no "retentionDays" here; there are account, region, prefix, domain,',
    ],
    [['encryption', 'recipient'], 'a.asc', 'encryption: there is no "recipient" here; there are profile, recipients'],
  ])('with %j = %j is refused by name', async (path, value, message) => {
    const file = changed(path, value);
    const said = await refusal(file);
    expect(said).toContain(message);
    expect(said).toContain(directory);
  });

  it('that is no JSON, or not there, is refused by its name', async () => {
    expect(await refusal(written('{'))).toMatch(/settings\.json is not JSON/);
    expect(await refusal(join(directory, 'nowhere.json'))).toMatch(/nowhere\.json is not there; -c config=FILE/);
  });

  it.each<[Path, unknown, string]>([
    [['domain', 'endpoint'], 'logs.example.com', 'an endpoint without https://'],
    [['domain', 'endpoint'], 'logs.example.com:9200', 'an endpoint without https://, with a port'],
    [['indices', 'patterns', 0], 'Logs-*', 'a pattern without a date, in capitals'],
    [['schedule', 'cron'], 7, 'a number for an expression'],
  ])('with %j = %j is told one fault: %s', async (path, value) => {
    const [, ...faults] = (await refusal(changed(path, value))).split('\n');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(path.join('.'));
  });

  it.each([
    'https://search-logs-x.eu-west-1.es.amazonaws.com',
    'https://search-logs-x.aos.eu-west-1.on.aws',
    'https://eu-central-1.logs.example.com',
  ])('may have the endpoint %s: of the region of the domain, or custom', async (endpoint) => {
    const { settings } = await readConfiguration(changed(['domain', 'endpoint'], endpoint));
    expect(settings.domain.endpoint).toBe(endpoint);
  });

  it('reports every fault at once', async () => {
    const file = changed(['indices', 'patterns'], ['a b', 'C']);
    const said = await refusal(file);
    expect(said).toContain('indices.patterns.0');
    expect(said).toContain('indices.patterns.1');
  });
});

describe('a recipient', () => {
  it('whose secret key is given stops the synthesis and is told so', async () => {
    const { privateKey } = await generateKey({ userIDs: [{ name: 'x' }], format: 'armored' });
    const file = changed(['encryption', 'recipients'], ['secret.asc']);
    writeFileSync(join(directory, 'secret.asc'), privateKey);
    expect(await refusal(file)).toMatch(/secret\.asc cannot be used: RecipientIsSecretKey/);
  });

  it('may be one of several, each in its own file', async () => {
    const { publicKey } = await generateKey({ userIDs: [{ name: 'escrow' }], format: 'armored' });
    const file = changed(['encryption', 'recipients'], ['example-recipient.asc', 'escrow.asc']);
    writeFileSync(join(directory, 'escrow.asc'), publicKey);
    const { recipients } = await readConfiguration(file);
    expect(recipients.fingerprints).toHaveLength(2);
    expect(recipients.armored.match(/BEGIN PGP/g)).toHaveLength(2);
  });

  it('cannot make the task definition larger than ECS takes', async () => {
    const names = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const { publicKey } = await generateKey({
          userIDs: [{ name: `recipient ${n} `.repeat(200) }],
          format: 'armored',
        });
        writeFileSync(join(directory, `${n}.asc`), publicKey);
        return `${n}.asc`;
      }),
    );
    const said = await refusal(changed(['encryption', 'recipients'], names));
    expect(said).toMatch(/the keys are \d+ bytes together, more than the 32768/);
  });
});
