import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectAsAdministrator } from '../../../functions/rights/administrator.ts';
import { type SecurityPlugin, startSecurityPlugin } from '../../support/security-plugin.ts';

const secrets = mockClient(SecretsManagerClient);
const sts = mockClient(STSClient);
const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:master-a1b2c3';
const roleArn = 'arn:aws:iam::111122223333:role/master';

let plugin: SecurityPlugin;
beforeEach(async () => {
  plugin = await startSecurityPlugin();
  vi.stubEnv('AWS_REGION', 'eu-west-1').stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOWN').stubEnv('AWS_SECRET_ACCESS_KEY', 'own');
});
afterEach(async () => {
  secrets.reset();
  sts.reset();
  vi.unstubAllEnvs();
  await plugin.close();
});

async function authorization(options: { secretArn?: string; roleArn?: string }): Promise<string> {
  const access = await connectAsAdministrator({
    endpoint: plugin.url,
    region: 'eu-west-1',
    secretArn: options.secretArn,
    roleArn: options.roleArn,
  });
  await access.isEnabled();
  return plugin.requests.at(-1)!.authorization;
}

test('with a secret, its user asks', async () => {
  secrets.on(GetSecretValueCommand, { SecretId: secretArn }).resolves({
    SecretString: JSON.stringify({ username: 'admin', password: 'p:w', engine: 'opensearch' }),
  });
  expect(await authorization({ secretArn })).toBe(`Basic ${Buffer.from('admin:p:w').toString('base64')}`);
});

test.each(['', 'secret text', '{"username": "admin"}', '{"username": "admin", "password": ""}'])(
  'a secret that is %j is unusable, and not repeated',
  async (SecretString) => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString });
    await expect(authorization({ secretArn })).rejects.toMatchObject({
      name: 'AdminCredentialsUnusable',
      message: `The administrator's secret ${secretArn} is not {"username": "...", "password": "..."}`,
    });
  },
);

test('a secret that cannot be read is unusable', async () => {
  secrets.on(GetSecretValueCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(authorization({ secretArn })).rejects.toMatchObject({
    name: 'AdminCredentialsUnusable',
    message: /AccessDeniedException: no/,
  });
});

test('with a role, whoever assumed it asks', async () => {
  sts.on(AssumeRoleCommand, { RoleArn: roleArn }).resolves({
    Credentials: { AccessKeyId: 'ASIAMASTER', SecretAccessKey: 's', SessionToken: 't', Expiration: new Date(2e12) },
  });
  expect(await authorization({ roleArn })).toContain('Credential=ASIAMASTER/');
});

test('a role that does not trust the function is unusable', async () => {
  sts.on(AssumeRoleCommand).rejects(Object.assign(new Error('not authorized'), { name: 'AccessDenied' }));
  await expect(authorization({ roleArn })).rejects.toMatchObject({
    name: 'AdminCredentialsUnusable',
    message: /does it trust this function's role\? AccessDenied: not authorized/,
  });
});

test('with neither, the function itself asks', async () => {
  expect(await authorization({})).toContain('Credential=AKIAOWN/');
});
