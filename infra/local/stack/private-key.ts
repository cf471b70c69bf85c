import { readFileSync } from 'node:fs';
import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Outputs } from '../deploy/deploy.ts';
import { resourcesOf, type Endpoints } from './endpoints.ts';

/** Does what the operator does after a deployment: puts the private key and its passphrase into the stack's empty secrets. */
export async function putPrivateKey(
  secrets: SecretsManagerClient,
  outputs: Outputs,
  keys: Endpoints['keys'] | undefined,
): Promise<void> {
  const { privateKey, passphrase } = resourcesOf(outputs).secrets;
  for (const [SecretId, file] of [
    [privateKey, keys?.recipientPrivate ?? null],
    [passphrase, keys?.passphrase ?? null],
  ] as const) {
    if (SecretId === null || file === null) continue;
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: readFileSync(file, 'utf8') }));
  }
}
