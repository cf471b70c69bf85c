import { RemovalPolicy, aws_ecs as ecs, aws_iam as iam, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Settings } from '../config/schema.ts';
import { allow } from './statements.ts';

/** The variables of a container that unpacks, by reference. */
export interface KeySecrets {
  readonly PRIVATE_KEY: ecs.Secret;
  readonly PASSPHRASE?: ecs.Secret;
}

/** The recipient's private key and its passphrase: secrets that are there, or empty ones for the operator to fill. */
export class PrivateKey extends Construct {
  readonly secrets: KeySecrets;
  readonly privateKeyArn: string;
  readonly passphraseArn: string | undefined;
  readonly #made: secretsmanager.CfnSecret[] = [];
  readonly #kmsKeyArn: string | undefined;

  constructor(scope: Construct, id: string, { prefix, restore }: Pick<Settings, 'prefix' | 'restore'>) {
    super(scope, id);
    const { secretArn, hasPassphrase, passphraseSecretArn, kmsKeyArn } = restore.privateKey;
    const existing = (name: string, arn: string): ecs.Secret =>
      ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretCompleteArn(this, name, arn));
    this.#kmsKeyArn = kmsKeyArn;
    this.privateKeyArn =
      secretArn ??
      this.#empty('PrivateKeySecret', `${prefix}-private-key`, "A recipient's private OpenPGP key, armored");
    this.passphraseArn = hasPassphrase
      ? (passphraseSecretArn ??
        this.#empty('PassphraseSecret', `${prefix}-passphrase`, 'The passphrase of the private key'))
      : undefined;
    this.secrets = {
      PRIVATE_KEY: existing('PrivateKey', this.privateKeyArn),
      ...(this.passphraseArn !== undefined && { PASSPHRASE: existing('Passphrase', this.passphraseArn) }),
    };
  }

  /** Lets the role read the secrets; of those that are made here, nobody else can: not even who may do everything else. */
  readOnlyBy(role: iam.IRole): void {
    if (this.#kmsKeyArn !== undefined) role.addToPrincipalPolicy(allow(['kms:Decrypt'], [this.#kmsKeyArn]));
    for (const secret of this.#made) {
      new secretsmanager.CfnResourcePolicy(secret, 'Policy', {
        secretId: secret.ref,
        blockPublicPolicy: true,
        resourcePolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'DenyReadingToOthers',
              Effect: 'Deny',
              Principal: '*',
              Action: ['secretsmanager:GetSecretValue', 'secretsmanager:BatchGetSecretValue'],
              Resource: '*',
              Condition: { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } },
            },
          ],
        },
      });
    }
  }

  /** Not CDK's `Secret`: that would make up a value. It outlives the stack, as the key may have no other copy. */
  #empty(id: string, name: string, description: string): string {
    const secret = new secretsmanager.CfnSecret(this, id, { name, description });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.#made.push(secret);
    return secret.ref;
  }
}
