import { GetParameterError } from '@aws-lambda-powertools/parameters/errors';
import { SSMProvider } from '@aws-lambda-powertools/parameters/ssm';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { ClusterUserUnusable, NotAllowed } from '../workflow/errors.ts';
import type { ClusterUser } from './cluster-user.ts';
import type { InternalUser } from './opensearch-client.ts';

const userSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });
/** A changed password is noticed by the cluster's refusal; this only bounds how long an old one is kept. */
const maxAgeSeconds = 300;

/**
 * The user in a SecureString parameter, `{"username": "...", "password": "..."}`. Needs ssm:GetParameter on it and kms:Decrypt with
 * its key. No error of it quotes the parameter's value.
 */
export function ssmClusterUser(client: SSMClient, parameter: string): ClusterUser {
  const provider = new SSMProvider({ awsSdkV3Client: client });

  async function read(forceFetch: boolean): Promise<InternalUser> {
    let text: string | undefined;
    try {
      text = await provider.get(parameter, { decrypt: true, maxAge: maxAgeSeconds, forceFetch });
    } catch (thrown) {
      const cause = thrown instanceof GetParameterError && thrown.cause !== undefined ? thrown.cause : thrown;
      const { name, message } = cause instanceof Error ? cause : { name: 'Unknown', message: String(cause) };
      if (name === 'AccessDeniedException') throw new NotAllowed(`ssm:GetParameter of ${parameter}: ${message}`);
      throw new ClusterUserUnusable(`ssm:GetParameter of ${parameter}: ${name}: ${message}`, { cause });
    }
    const user = userSchema.safeParse(json(text ?? ''));
    if (user.success) return user.data;
    const faults = user.error.issues.map(({ path }) => path.join('.') || '(whole)').join(', ');
    throw new ClusterUserUnusable(`Parameter ${parameter}: not of the form of a user and password: ${faults}`);
  }

  return { current: () => read(false), refreshed: () => read(true) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
