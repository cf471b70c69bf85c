import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLines, type DocumentWriter } from '../../ports/document-writer.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { ssmClusterUser } from '../../ports/ssm-cluster-user.ts';
import { type BulkCluster, startBulkCluster } from '../support/bulk-cluster.ts';

let cluster: BulkCluster;
beforeEach(async () => {
  cluster = await startBulkCluster();
});
afterEach(() => cluster.close());

const signed = (endpoint = cluster.url): DocumentWriter =>
  openSearchDocumentWriter({
    endpoint,
    region: 'eu-west-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
  });
const write = (writer: DocumentWriter, ...ids: string[]): ReturnType<DocumentWriter['create']> => {
  const lines = ids.map((id) => createLines('logs', id, JSON.stringify({ of: id })));
  return writer.create(Buffer.from(lines.join('')), ids.length, 10);
};

describe('documents are written', () => {
  test('and each has an answer, in order', async () => {
    cluster.refuses = ({ id }) =>
      id === 'bad' ? { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse' } : undefined;
    await write(signed(), 'there');
    expect(await write(signed(), 'new "1"', 'there', 'bad', 'ü')).toEqual([
      'created',
      'duplicate',
      { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse' },
      'created',
    ]);
    expect([...cluster.documents]).toEqual([
      ['logs/there', '{"of":"there"}'],
      ['logs/new "1"', '{"of":"new \\"1\\""}'],
      ['logs/ü', '{"of":"ü"}'],
    ]);
  });

  test('in their thousands, with an answer for each', async () => {
    const ids = Array.from({ length: 3000 }, (_, number) => `${number}`);
    expect(await write(signed(), ...ids)).toEqual(ids.map(() => 'created'));
    expect(await write(signed(), ...ids, 'new')).toEqual([...ids.map(() => 'duplicate'), 'created']);
  });

  test('signed', async () => {
    await write(signed(), 'a');
    expect(cluster.requests[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/es\//,
    );
  });
});

describe('a request as a whole', () => {
  test.each<[string, BulkCluster['fateOf'], string]>([
    ['429', () => ({ status: 429 }), 'ClusterBusy'],
    ['503 without JSON', () => ({ status: 503, body: 'x' }), 'ClusterBusy'],
    ['a cut connection', () => 'drop-before', 'ClusterUnreachable'],
    ['a lost answer', () => 'drop-after', 'ClusterUnreachable'],
    ['403', () => ({ status: 403, body: { Message: 'no' } }), 'NotAllowed'],
    [
      '400',
      () => ({ status: 400, body: { error: { type: 'illegal_argument_exception', reason: 'no' } } }),
      'ClusterAnswerUnknown',
    ],
    ['an answer without items', () => ({ status: 200, body: { took: 1 } }), 'ClusterAnswerUnknown'],
    [
      'an answer with an item too few',
      () => ({ status: 200, body: { errors: false, items: [] } }),
      'ClusterAnswerUnknown',
    ],
    [
      'an answer with an item too many',
      () => ({ status: 200, body: { errors: false, items: Array(2).fill({ create: { status: 201 } }) } }),
      'ClusterAnswerUnknown',
    ],
    [
      'no disk for a new index',
      () => ({
        status: 403,
        body: {
          error: {
            type: 'cluster_block_exception',
            reason: 'blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];',
          },
        },
      }),
      'ClusterDiskFull',
    ],
  ])('that meets %s fails', async (_case, fateOf, name) => {
    cluster.fateOf = fateOf;
    await expect(write(signed(), 'a')).rejects.toMatchObject({ name });
  });

  test('to nobody fails', async () => {
    await expect(write(signed('http://127.0.0.1:9'), 'a')).rejects.toMatchObject({
      name: 'ClusterUnreachable',
    });
  });

  test('that is too large is no failure', async () => {
    cluster.fateOf = () => ({ status: 413 });
    expect(await write(signed(), 'a')).toBe('too-large');
  });
});

describe('a user of a parameter', () => {
  const ssm = mockClient(SSMClient);
  beforeEach(() => void ssm.reset());
  const holds = (...values: string[]): void => {
    const stub = ssm.on(GetParameterCommand, { Name: '/permafrost/user', WithDecryption: true });
    for (const Value of values) stub.resolvesOnce({ Parameter: { Value } });
  };
  const user = (password: string): string => JSON.stringify({ username: 'indexer', password });
  const basic = (password: string): string => `Basic ${Buffer.from(`indexer:${password}`).toString('base64')}`;
  const asUser = (): DocumentWriter =>
    openSearchDocumentWriter({
      endpoint: cluster.url,
      region: 'eu-west-1',
      user: ssmClusterUser(new SSMClient({ region: 'eu-west-1' }), '/permafrost/user'),
    });

  test('is read once and kept', async () => {
    holds(user('first'));
    const writer = asUser();
    await write(writer, 'a');
    await write(writer, 'b');
    expect(cluster.requests.map(({ authorization }) => authorization)).toEqual([basic('first'), basic('first')]);
    expect(ssm.commandCalls(GetParameterCommand)).toHaveLength(1);
  });

  test.each([401, 403])('is read anew when the cluster answers %i', async (status) => {
    holds(user('old'), user('new'));
    cluster.fateOf = ({ authorization }) => (authorization === basic('new') ? 'answer' : { status });
    const writer = asUser();
    expect(await write(writer, 'a')).toEqual(['created']);
    expect(await write(writer, 'b')).toEqual(['created']);
    expect(cluster.requests).toHaveLength(3);
  });

  test('that the cluster refuses again is refused', async () => {
    holds(user('old'), user('old'));
    cluster.fateOf = () => ({ status: 401 });
    await expect(write(asUser(), 'a')).rejects.toMatchObject({ name: 'NotAllowed' });
    expect(cluster.requests).toHaveLength(2);
  });

  test.each([
    ['is no JSON', 'secret words'],
    ['lacks the password', '{"username":"indexer"}'],
  ])('whose parameter %s cannot be used, and is not quoted', async (_case, value) => {
    holds(value);
    const failure = write(asUser(), 'a');
    await expect(failure).rejects.toMatchObject({ name: 'ClusterUserUnusable' });
    await expect(failure).rejects.not.toThrow(/secret/);
  });
});
