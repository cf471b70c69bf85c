import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { AccessControl } from '../../ports/access-control.ts';
import { openSearchAccessControl } from '../../ports/opensearch-access-control.ts';
import type { Credentials, InternalUser } from '../../ports/opensearch-client.ts';
import { AdminCredentialsUnusable } from '../../workflow/errors.ts';

export interface AdministratorOptions {
  /** `https://host` of the domain. */
  readonly endpoint: string;
  readonly region: string;
  readonly secretArn: string | undefined;
  readonly roleArn: string | undefined;
}

/**
 * Connects as the administrator of the domain: the internal user of the secret; or the role, which must trust the function's
 * own; or, with neither, as the function itself.
 * @throws AdminCredentialsUnusable
 */
export async function connectAsAdministrator({
  endpoint,
  region,
  secretArn,
  roleArn,
}: AdministratorOptions): Promise<AccessControl> {
  if (secretArn !== undefined) return openSearchAccessControl({ endpoint, region, user: await readUser(secretArn) });
  if (roleArn === undefined) return openSearchAccessControl({ endpoint, region });
  const credentials = await assume(roleArn);
  return openSearchAccessControl({ endpoint, region, credentials: () => Promise.resolve(credentials) });
}

const userSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });

async function readUser(secretArn: string): Promise<InternalUser> {
  const { SecretString } = await new SecretsManagerClient()
    .send(new GetSecretValueCommand({ SecretId: secretArn }))
    .catch((cause: unknown) => {
      throw new AdminCredentialsUnusable(`The administrator's secret ${secretArn} cannot be read: ${told(cause)}`, {
        cause,
      });
    });
  const user = userSchema.safeParse(parsed(SecretString ?? ''));
  if (user.success) return user.data;
  // What is wrong, never what is there.
  throw new AdminCredentialsUnusable(
    `The administrator's secret ${secretArn} is not {"username": "...", "password": "..."}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The shortest that AWS gives. */
const sessionSeconds = 900;

async function assume(roleArn: string): Promise<Credentials> {
  const { Credentials: given } = await new STSClient()
    .send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: 'permafrost-apply-rights',
        DurationSeconds: sessionSeconds,
      }),
    )
    .catch((cause: unknown) => {
      throw new AdminCredentialsUnusable(
        `The administrator's role ${roleArn} cannot be assumed, does it trust this function's role? ${told(cause)}`,
        { cause },
      );
    });
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new AdminCredentialsUnusable(`The administrator's role ${roleArn} was assumed without credentials`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration && { expiration: Expiration }),
  };
}

const told = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
