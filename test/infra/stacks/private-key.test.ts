import { beforeAll, describe, expect, it } from 'vitest';
import { roleIds, roleStatements } from '../../support/iam-matcher.ts';
import { resourcesOf, synthesizeExample, type Changes, type Synthesized } from './synthesized.ts';

let stacks: Synthesized;
const synthesize =
  (privateKey: Changes['restore'] = {}) =>
  async () => {
    stacks = await synthesizeExample({ restore: privateKey });
  };
const container = (): Record<string, unknown> => {
  const [, { ContainerDefinitions }] = resourcesOf(stacks.restore, 'AWS::ECS::TaskDefinition')[0]!;
  return (ContainerDefinitions as Record<string, unknown>[])[0]!;
};
/** Roles that may read a secret, with the secrets. */
const readers = (): [string, readonly string[]][] =>
  roleIds(stacks.restoring).flatMap((role) =>
    roleStatements(stacks.restoring, role)
      .filter(({ Action }) => Action.includes('secretsmanager:GetSecretValue'))
      .map(({ Resource }): [string, readonly string[]] => [role.replace(/[0-9A-F]{8}$/, ''), Resource]),
  );

describe('without a secret in the settings', () => {
  beforeAll(synthesize(), 120_000);

  it('two empty secrets are made, which outlive the stack', () => {
    const secrets = Object.values(stacks.restore.Resources).filter(
      ({ Type }) => Type === 'AWS::SecretsManager::Secret',
    );
    expect(secrets).toMatchObject([
      { DeletionPolicy: 'Retain', Properties: { Name: 'permafrost-private-key' } },
      { DeletionPolicy: 'Retain', Properties: { Name: 'permafrost-passphrase' } },
    ]);
    for (const { Properties } of secrets) {
      expect(Properties).not.toHaveProperty('SecretString');
      expect(Properties).not.toHaveProperty('GenerateSecretString');
    }
  });

  it('the container gets them by reference, and nothing of them in its variables', () => {
    const [key, passphrase] = resourcesOf(stacks.restore, 'AWS::SecretsManager::Secret').map(([id]) => ({ Ref: id }));
    expect(container()).toMatchObject({
      Name: 'unpack',
      ReadonlyRootFilesystem: true,
      StopTimeout: 120,
      Secrets: [
        { Name: 'PRIVATE_KEY', ValueFrom: key },
        { Name: 'PASSPHRASE', ValueFrom: passphrase },
      ],
    });
    const { Environment } = container() as { Environment: { Name: string }[] };
    expect(Environment.map(({ Name }) => Name).sort()).toEqual(['ARCHIVE_BUCKET', 'RESTORE_BUCKET']);
  });

  it('only the role that starts the container may read them, and their own policies deny it to all others', () => {
    expect(readers().map(([role]) => role)).toEqual(['UnpackTaskDefinitionExecutionRole']);
    const policies = resourcesOf(stacks.restore, 'AWS::SecretsManager::ResourcePolicy').map(([, policy]) => policy);
    expect(policies).toHaveLength(2);
    for (const { ResourcePolicy } of policies) {
      expect(ResourcePolicy).toMatchObject({
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: expect.arrayContaining(['secretsmanager:GetSecretValue']) as unknown,
            Condition: {
              ArnNotEquals: {
                'aws:PrincipalArn': {
                  'Fn::GetAtt': [expect.stringMatching(/^UnpackTaskDefinitionExecutionRole/), 'Arn'],
                },
              },
            },
          },
        ],
      });
    }
  });
});

describe('with secrets in the settings', () => {
  const arn = (name: string): string => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`;
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234';
  beforeAll(synthesize({ privateKey: { secretArn: arn('key'), hasPassphrase: false, kmsKeyArn } }), 120_000);

  it('none is made, and the container gets those', () => {
    expect(resourcesOf(stacks.restore, 'AWS::SecretsManager::Secret')).toEqual([]);
    expect(container()['Secrets']).toEqual([{ Name: 'PRIVATE_KEY', ValueFrom: arn('key') }]);
    expect(readers()).toEqual([['UnpackTaskDefinitionExecutionRole', [arn('key')]]]);
  });

  it('the role that starts the container may decrypt them', () => {
    const role = roleIds(stacks.restoring, 'UnpackTaskDefinitionExecutionRole')[0]!;
    const decrypting = roleStatements(stacks.restoring, role).filter(({ Action }) => Action.includes('kms:Decrypt'));
    expect(decrypting.map(({ Resource }) => Resource)).toEqual([[kmsKeyArn]]);
  });
});
