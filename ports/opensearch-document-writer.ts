import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Client, errors, Serializer } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3';
import { z } from 'zod';
import { ClusterAnswerUnknown, ClusterDiskFull, type PermafrostError } from '../workflow/errors.ts';
import type { ClusterUser } from './cluster-user.ts';
import type { DocumentAnswer, DocumentRefused, DocumentWriter } from './document-writer.ts';
import type { Credentials, InternalUser } from './opensearch-client.ts';
import { clusterError } from './opensearch-errors.ts';

export interface DocumentWriterOptions {
  /** `https://host` or `http://host:port`. */
  readonly endpoint: string;
  readonly region: string;
  /** Default: the SDK's own search for credentials. */
  readonly credentials?: () => Promise<Credentials>;
  /** Instead of a signature. */
  readonly user?: ClusterUser;
}

const asked = 'POST /_bulk';
/** All that is read of the answer: by default it repeats the id and index of every document. */
const filterPath =
  'errors,items.create.status,items.create.error.type,items.create.error.reason,items.create.error.caused_by';

interface Cause {
  readonly type: string;
  readonly reason?: string | null | undefined;
  readonly caused_by?: Cause | undefined;
}
const causeSchema: z.ZodType<Cause> = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  get caused_by() {
    return causeSchema.optional();
  },
});
const itemSchema = z.object({ create: z.object({ status: z.number(), error: causeSchema.optional() }) });
const answerSchema = z.object({ errors: z.boolean(), items: z.array(z.unknown()) });

const [allBegin, created, allEnd] = ['{"errors":false,"items":[', '{"create":{"status":201}}', ']}'];

/**
 * Knows the answer to a request of which every document was created, by far the most frequent, without parsing it: the thousands of
 * objects, all alike, took 4% of the indexer's time (measured).
 */
class BulkSerializer extends Serializer {
  override deserialize(json: string): unknown {
    const count = (json.length - allBegin.length - allEnd.length + 1) / (created.length + 1);
    const isAll =
      Number.isInteger(count) &&
      count > 0 &&
      json === `${allBegin}${`${created},`.repeat(count - 1)}${created}${allEnd}`;
    if (!isAll) return super.deserialize(json);
    return { errors: false, items: new Array<unknown>(count).fill(JSON.parse(created)) };
  }
}

/**
 * Writes by `_bulk`, over connections that are kept. Needs the cluster permissions `indices:data/write/bulk` and, on the indices,
 * `indices:data/write/index`, `indices:data/write/bulk*`, `indices:admin/create` and `indices:admin/mapping/put`.
 */
export function openSearchDocumentWriter(options: DocumentWriterOptions): DocumentWriter {
  const { endpoint, region, credentials, user } = options;
  const client = new Client({
    ...(user ? {} : AwsSigv4Signer({ region, service: 'es', getCredentials: credentials ?? defaultProvider() })),
    node: endpoint,
    Serializer: BulkSerializer,
    // Log documents may hold any key; nothing here merges them into other objects.
    disablePrototypePoisoningProtection: true,
  });
  const { host } = new URL(endpoint);

  const send = async (body: Buffer, timeoutSeconds: number, as: InternalUser | undefined): Promise<unknown> => {
    const response = await client.transport.request(
      { method: 'POST', path: '/_bulk', querystring: { filter_path: filterPath }, bulkBody: body },
      {
        requestTimeout: Math.max(1, Math.floor(timeoutSeconds * 1000)),
        // Whether, when and what to repeat is the bulk writer's decision.
        maxRetries: 0,
        ...(as && { headers: { authorization: basic(as) } }),
      },
    );
    return response.body;
  };

  return {
    async create(bytes, count, timeoutSeconds) {
      // Without a copy; the client knows no other bytes.
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let answer: unknown;
      try {
        try {
          answer = await send(body, timeoutSeconds, await user?.current());
        } catch (thrown) {
          if (!user || !isRefusal(thrown)) throw thrown;
          answer = await send(body, timeoutSeconds, await user.refreshed());
        }
      } catch (thrown) {
        if (thrown instanceof errors.ResponseError && thrown.meta.statusCode === 413) return 'too-large';
        throw wholeError(thrown, host);
      }
      return answersOf(answer, count);
    },
  };
}

const basic = ({ username, password }: InternalUser): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof errors.ResponseError && (thrown.meta.statusCode === 401 || thrown.meta.statusCode === 403);

function wholeError(thrown: unknown, host: string): PermafrostError {
  const error = clusterError(thrown, asked, host);
  return isDiskFull(error.message) ? new ClusterDiskFull(error.message, { cause: thrown }) : error;
}

/**
 * Blocks that OpenSearch sets when a node, or all of them, are above a disk watermark: 12 on the indices with shards there, 10 on
 * new ones. They answer 403 or 429 by version. Other blocks are somebody's will, such as 8 (`index.blocks.write`).
 */
const isDiskFull = (text: string): boolean =>
  /flood-stage|\/12\/|\/10\/cluster create-index blocked/.test(text) && text.includes('blocked by');

/** @throws ClusterDiskFull when it is why a document was refused */
function answersOf(body: unknown, documents: number): DocumentAnswer[] {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success || parsed.data.items.length !== documents)
    throw new ClusterAnswerUnknown(`${asked}: the answer has not ${documents} items`);
  return parsed.data.items.map(answerOf);
}

function answerOf(item: unknown): DocumentAnswer {
  // By far the most: thousands in an answer.
  if (isCreated(item)) return 'created';
  const parsed = itemSchema.safeParse(item);
  if (!parsed.success) throw new ClusterAnswerUnknown(`${asked}: an item is not as expected: ${parsed.error.message}`);
  const { status, error } = parsed.data.create;
  if (status === 409) return 'duplicate';
  if (error === undefined) {
    if (status >= 200 && status < 300) return 'created';
    throw new ClusterAnswerUnknown(`${asked}: an item has status ${status} and no error`);
  }
  const refused: DocumentRefused = { status, type: error.type, reason: told(error) };
  // Of type `cluster_block_exception` or `index_create_block_exception`.
  if (isDiskFull(refused.reason)) throw new ClusterDiskFull(`${asked}: ${refused.reason}`);
  return refused;
}

const isCreated = (item: unknown): boolean =>
  (item as { create?: { status?: unknown } } | null)?.create?.status === 201;

const told = ({ reason, caused_by: inner }: Cause): string =>
  [reason ?? '', ...(inner ? [`${inner.type}: ${told(inner)}`] : [])].filter((text) => text !== '').join(' <- ');
