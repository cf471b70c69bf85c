/** What the OpenSearch adapter makes of refusals, silence and nonsense: a small server gives each answer. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Cluster } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
let server: Server | undefined;

const connect = (url: string): Cluster =>
  openSearchCluster({
    endpoint: url,
    region: 'eu-central-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
  });

async function answering(answer: (request: IncomingMessage) => Answer): Promise<Cluster> {
  server = createServer((request, response) => {
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
const always =
  (status: number, body: unknown): (() => Answer) =>
  () => ({ status, body });

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const failure = (type: string, reason: string, caused_by?: object): object => ({
  error: { root_cause: [{ type, reason }], type, reason, ...(caused_by && { caused_by }) },
});

test('nobody listens: unreachable, and what to check', async () => {
  await expect(connect('http://127.0.0.1:1').facts()).rejects.toMatchObject({
    name: 'ClusterUnreachable',
    message: expect.stringMatching(/127\.0\.0\.1:1 .*ECONNREFUSED.*security group/) as string,
  });
});

test('no such host: unreachable, and the host is named', async () => {
  await expect(connect('http://domain.invalid').facts()).rejects.toMatchObject({
    name: 'ClusterUnreachable',
    message: expect.stringContaining('domain.invalid') as string,
  });
});

test('every request is signed for the region and the service', async () => {
  let authorization: string | undefined;
  const cluster = await answering((request) => {
    authorization = request.headers.authorization;
    return { status: 200, body: { cluster_name: 'n', cluster_uuid: 'u', version: { number: '3.8.0' } } };
  });
  expect(await cluster.facts()).toEqual({ uuid: 'u', name: 'n', version: '3.8.0' });
  expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/es\/aws4_request/);
});

test.each([408, 429, 502, 503, 504])('%i: busy', async (status) => {
  const cluster = await answering(always(status, failure('circuit_breaking_exception', 'too much')));
  await expect(cluster.facts()).rejects.toMatchObject({ name: 'ClusterBusy' });
});

test('a gateway without a JSON error: busy', async () => {
  const cluster = await answering(always(503, '<html>Service Unavailable</html>'));
  await expect(cluster.facts()).rejects.toMatchObject({ name: 'ClusterBusy' });
});

test('a read is tried once more, a change is not', async () => {
  let requests = 0;
  const cluster = await answering(() => {
    requests += 1;
    return { status: 503, body: failure('cluster_manager_not_discovered_exception', 'no manager') };
  });
  await expect(cluster.facts()).rejects.toMatchObject({ name: 'ClusterBusy' });
  expect(requests).toBe(2);
  requests = 0;
  await expect(cluster.startSnapshot('r', 's', ['one'])).rejects.toMatchObject({ name: 'ClusterBusy' });
  expect(requests).toBe(1);
});

test('fine-grained access control refuses: the missing permission is named', async () => {
  const reason =
    'no permissions for [indices:data/read/search] and User [name=arn:aws:iam::111122223333:role/archive, backend_roles=[], requestedTenant=null]';
  const cluster = await answering(always(403, { ...failure('security_exception', reason), status: 403 }));
  await expect(cluster.documents('one', ['1'])).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(/^missing permission indices:data\/read\/search/) as string,
  });
});

test("the domain's access policy refuses: its message is told", async () => {
  const message = 'User: anonymous is not authorized to perform: es:ESHttpGet with an explicit deny';
  const cluster = await answering(always(403, { Message: message }));
  await expect(cluster.facts()).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringContaining('es:ESHttpGet') as string,
  });
});

test('a write block is not a missing right, though it is a 403', async () => {
  const cluster = await answering(
    always(403, failure('cluster_block_exception', 'blocked by: [FORBIDDEN/8/index write (api)];')),
  );
  await expect(cluster.refresh('one')).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
});

test('the cause decides where the outer type says too little', async () => {
  const bucket = {
    type: 'i_o_exception',
    reason: 'Unable to upload',
    caused_by: { type: 'no_such_bucket_exception', reason: 'The specified bucket does not exist.' },
  };
  const cluster = await answering(always(500, failure('exception', 'failed', bucket)));
  await expect(cluster.startSnapshot('r', 's', ['one'])).rejects.toMatchObject({
    name: 'RepositoryUnusable',
    message: expect.stringContaining('The specified bucket does not exist.') as string,
  });
});

test('an unknown error keeps its status and type', async () => {
  const cluster = await answering(always(500, failure('null_pointer_exception', 'oops')));
  await expect(cluster.facts()).rejects.toMatchObject({
    name: 'ClusterAnswerUnknown',
    message: 'GET /: 500 null_pointer_exception: oops',
  });
});

test('200 with another shape than expected is an unknown answer', async () => {
  const cluster = await answering(always(200, { hello: 'world' }));
  await expect(cluster.facts()).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
  await expect(cluster.startSnapshot('r', 's', ['one'])).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
});

test('200 of a search that missed a shard is no sample', async () => {
  const answer = { timed_out: false, _shards: { total: 2, successful: 1, failed: 1 }, hits: { hits: [] } };
  const cluster = await answering(always(200, answer));
  await expect(cluster.documents('one', ['1'])).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
});

test('200 of a count that missed a shard is no count', async () => {
  const answer = { count: 5, _shards: { total: 2, successful: 1, failed: 0 } };
  const cluster = await answering(always(200, answer));
  await expect(cluster.count('one')).rejects.toMatchObject({ name: 'IndexUnhealthy' });
});

test('a repository that has lost its root lists nothing: there is no such snapshot', async () => {
  const cluster = await answering(always(200, { snapshots: [] }));
  expect(await cluster.snapshot('r', 's')).toBeUndefined();
});

test('failures of a snapshot are told by index and shard, at most twenty', async () => {
  const failures = Array.from({ length: 30 }, (_, shard_id) => ({ index: 'one', shard_id, reason: 'disk full' }));
  const snapshot = {
    snapshot: 's',
    uuid: 'u',
    state: 'PARTIAL',
    start_time_in_millis: 0,
    indices: ['one'],
    shards: { total: 31, successful: 1, failed: 30 },
    failures,
  };
  const cluster = await answering(always(200, { snapshots: [snapshot] }));
  const facts = await cluster.snapshot('r', 's');
  expect(facts).toMatchObject({ state: 'PARTIAL', shards: { total: 31, successful: 1, failed: 30 } });
  expect(facts?.failures).toHaveLength(20);
  expect(facts?.failures[3]).toBe('one/3: disk full');
});

test('cold indices of the managed service, over several pages', async () => {
  const pages = [['cold-1'], ['cold-2', 'other'], []];
  let page = 0;
  const cluster = await answering(({ url = '' }) => {
    if (url.startsWith('/_resolve/')) return { status: 200, body: { indices: [], aliases: [], data_streams: [] } };
    const indices = (pages[page++] ?? []).map((index) => ({
      index,
      index_cold_uuid: 'hjEoh26mRRCFxRIMdgvLmg',
      size: 10339,
      creation_date: '2021-06-28T20:23:31.206Z',
      start_time: '2020-03-09T00:00Z',
      end_time: '2020-03-09T23:00Z',
    }));
    return { status: 200, body: { pagination_id: 'more', total_results: 3, indices } };
  });
  const found = await cluster.indices(['cold-*']);
  expect(found.map(({ name, tier, bytes }) => ({ name, tier, bytes }))).toEqual([
    { name: 'cold-1', tier: 'cold', bytes: 10339 },
    { name: 'cold-2', tier: 'cold', bytes: 10339 },
  ]);
});

test.each([
  [400, { error: 'no handler found for uri [/_cold/indices/_search] and method [GET]' }],
  [401, { Message: "Your request: '/_cold/indices/_search' is not allowed." }],
])('a domain without cold storage (%i) has no cold indices', async (status, body) => {
  const cluster = await answering(({ url = '' }) =>
    url.startsWith('/_resolve/') ? { status: 200, body: { indices: [] } } : { status, body },
  );
  expect(await cluster.indices(['one'])).toEqual([]);
});

test('cold indices that may not be listed are not passed over in silence', async () => {
  const refused = failure(
    'security_exception',
    'no permissions for [cluster:admin/cold/indices/search] and User [name=x]',
  );
  const cluster = await answering(({ url = '' }) =>
    url.startsWith('/_resolve/') ? { status: 200, body: { indices: [] } } : { status: 403, body: refused },
  );
  await expect(cluster.indices(['one'])).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringContaining('cluster:admin/cold/indices/search') as string,
  });
});

test('a right that is missing on the shards only is named, though the status is 200', async () => {
  const reason =
    'no permissions for [indices:admin/flush[s]] and User [name=x, backend_roles=[], requestedTenant=null]';
  const failures = [{ shard: 0, index: 'logs', status: 'FORBIDDEN', reason: { type: 'security_exception', reason } }];
  const cluster = await answering(always(200, { _shards: { total: 2, successful: 0, failed: 1, failures } }));
  await expect(cluster.refresh('logs')).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(
      /^missing permission indices:admin\/flush\[s\], see docs\/rights\.md\. POST \/logs\/_flush/,
    ) as string,
  });
});
