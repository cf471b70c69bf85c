/** One signed, checked, named way to ask OpenSearch. */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Client } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3';
import type { z } from 'zod';
import { ClusterAnswerUnknown } from '../workflow/errors.ts';
import { clusterError } from './opensearch-errors.ts';

export interface OpenSearchOptions {
  /** `https://host` or `http://host:port`. */
  readonly endpoint: string;
  readonly region: string;
  /** What the signature names: `es` for a domain, `aoss` for serverless. Default `es`. */
  readonly service?: 'es' | 'aoss';
  /** Default: the SDK's own search for credentials. */
  readonly credentials?: () => Promise<Credentials>;
  /** Instead of a signature: an internal user of the security plugin. */
  readonly user?: InternalUser;
}

export interface InternalUser {
  readonly username: string;
  readonly password: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Readonly<Record<string, unknown>> | readonly object[];
  /** Default 30 s. */
  readonly timeoutSeconds?: number;
}

/** Asks and returns the parsed answer. Every failure is a named error of `clusterError`; an answer of another shape is `ClusterAnswerUnknown`. */
export type Ask = <Answer>(schema: z.ZodType<Answer>, question: Question) => Promise<Answer>;

const defaultTimeoutSeconds = 30;

export function openSearchAsk({ endpoint, region, service = 'es', credentials, user }: OpenSearchOptions): Ask {
  const client = new Client({
    // A request has one Authorization header: a signature or a password.
    ...(user
      ? { auth: { ...user } }
      : AwsSigv4Signer({ region, service, getCredentials: credentials ?? defaultProvider() })),
    node: endpoint,
    // Log documents may hold any key; nothing here merges them into other objects.
    disablePrototypePoisoningProtection: true,
  });
  const { host } = new URL(endpoint);

  return async (schema, { method, path, query, body, timeoutSeconds = defaultTimeoutSeconds }) => {
    const asked = `${method} ${path}`;
    let answer: unknown;
    try {
      const response = await client.transport.request(
        {
          method,
          path,
          ...(query && { querystring: { ...query } }),
          ...(body && { body: JSON.stringify(body) }),
        },
        // A lost answer to a change may hide its success: only reads are repeated here, the state machine repeats the rest.
        { requestTimeout: timeoutSeconds * 1000, maxRetries: method === 'GET' ? 1 : 0 },
      );
      answer = response.body;
    } catch (thrown) {
      throw clusterError(thrown, asked, host);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new ClusterAnswerUnknown(
      `${asked}: the answer's ${issue?.path.join('.') ?? ''} is not as expected: ${issue?.message ?? ''}`,
    );
  };
}

/** A path segment of one or several names; `*` stays a wildcard. */
export const names = (list: readonly string[]): string => list.map(encodeURIComponent).join(',');
