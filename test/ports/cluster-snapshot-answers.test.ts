/** What the OpenSearch adapter makes of the answers about repositories and snapshots, word for word as OpenSearch 3.8 gave them. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errors } from '@opensearch-project/opensearch';
import { afterEach, expect, test } from 'vitest';
import type { Cluster } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';
import { clusterError } from '../../ports/opensearch-errors.ts';
import { openSearchSnapshots } from '../../ports/opensearch-snapshots.ts';

let server: Server | undefined;

async function answering(
  answer: (request: IncomingMessage) => { readonly status: number; readonly body: unknown },
): Promise<Cluster> {
  server = createServer((request, response) => {
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return openSearchCluster({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
  });
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

interface Cause {
  readonly type: string;
  readonly reason: string;
  readonly caused_by?: Cause;
}
const body = (status: number, cause: Cause): object => {
  const { type, reason } = cause;
  return { error: { root_cause: [{ type, reason }], ...cause }, status };
};

const start = (cluster: Cluster): Promise<unknown> => cluster.startSnapshot('r', 'one', ['index']);
const remove = (cluster: Cluster): Promise<unknown> => cluster.deleteSnapshot('r', 'one');
const cleanUp = (cluster: Cluster): Promise<unknown> => cluster.cleanUpRepository('r');
const register = (cluster: Cluster): Promise<unknown> => cluster.registerRepository('r', {});
const list = (cluster: Cluster): Promise<unknown> => cluster.snapshots('r');
const size = (cluster: Cluster): Promise<unknown> => cluster.snapshotSize('r', 'one');

const tooMany =
  'Cannot start another operation, already running [1] operations and the current limit for concurrent snapshot ' +
  'operations is set to [1]';
const noBucket = {
  type: 'no_such_bucket_exception',
  reason: 'The specified bucket does not exist. (Service: S3, Status Code: 404, Request ID: V3) (SDK Attempt Count: 1)',
};
const invalidName = 'invalid_snapshot_name_exception';
const concurrent = 'concurrent_snapshot_execution_exception';
const illegalState = 'illegal_state_exception';
const repositoryException = 'repository_exception';

test.each<[string, (cluster: Cluster) => Promise<unknown>, string, number, Cause]>([
  [
    'a name that is taken',
    start,
    'SnapshotNameTaken',
    400,
    { type: invalidName, reason: '[r:one] Invalid snapshot name [one], snapshot with the same name already exists' },
  ],
  [
    'a name whose snapshot runs',
    start,
    'SnapshotInProgress',
    400,
    {
      type: invalidName,
      reason: '[r:one] Invalid snapshot name [one], snapshot with the same name is already in-progress',
    },
  ],
  [
    'a name that no snapshot can have',
    start,
    'ClusterAnswerUnknown',
    400,
    { type: invalidName, reason: '[r:Upper] Invalid snapshot name [Upper], must be lowercase' },
  ],
  ['too many operations', start, 'SnapshotInProgress', 409, { type: concurrent, reason: `[r:one] ${tooMany}` }],
  ['too many operations, in 2.x', start, 'SnapshotInProgress', 503, { type: concurrent, reason: `[r:one] ${tooMany}` }],
  ['a removal among too many', remove, 'SnapshotInProgress', 409, { type: concurrent, reason: `[r:one] ${tooMany}` }],
  [
    'a removal of what is restored',
    remove,
    'SnapshotInProgress',
    409,
    {
      type: concurrent,
      reason:
        '[r:one/HHZZ7HLTStWL4cTgJRH-2w] cannot delete snapshot during a restore in progress in ' +
        '[RestoreInProgress[{dgY2MTVATSSid2S2SiM3xw}{r:one/HHZZ7HLTStWL4cTgJRH-2w}]]',
    },
  ],
  [
    'a cleanup while a snapshot runs',
    cleanUp,
    'SnapshotInProgress',
    500,
    {
      type: illegalState,
      reason: 'Cannot cleanup [r] - a snapshot is currently running in [SnapshotsInProgress[one]]',
    },
  ],
  [
    'a cleanup while one is removed',
    cleanUp,
    'SnapshotInProgress',
    500,
    {
      type: illegalState,
      reason:
        'Cannot cleanup [r] - a snapshot is currently being deleted in [SnapshotDeletionsInProgress[[one/4KhW8rZ-RRmXgPJ3-SHLJA]]]',
    },
  ],
  [
    'other settings while a snapshot runs',
    register,
    'SnapshotInProgress',
    500,
    { type: illegalState, reason: 'trying to modify or unregister repository that is currently used' },
  ],
  [
    'another illegal state',
    cleanUp,
    'ClusterAnswerUnknown',
    500,
    { type: illegalState, reason: 'something else entirely' },
  ],
  [
    'a snapshot in a read-only repository',
    start,
    'RepositoryReadonly',
    500,
    { type: repositoryException, reason: '[r] cannot create snapshot in a readonly repository' },
  ],
  [
    'a removal from a read-only repository',
    remove,
    'RepositoryReadonly',
    500,
    { type: repositoryException, reason: '[r] cannot delete snapshot from a readonly repository' },
  ],
  [
    'a cleanup of a read-only repository',
    cleanUp,
    'RepositoryReadonly',
    500,
    { type: repositoryException, reason: '[r] cannot run cleanup on readonly repository' },
  ],
  [
    'a bucket that is gone, of a repository that is called readonly',
    list,
    'RepositoryUnusable',
    500,
    {
      type: repositoryException,
      reason: '[the-readonly-one] Could not determine repository generation from root blobs',
      caused_by: {
        type: 'i_o_exception',
        reason: 'Exception when listing blobs by prefix [slow/index-]',
        caused_by: noBucket,
      },
    },
  ],
  [
    'a registration over a missing bucket',
    register,
    'RepositoryUnusable',
    500,
    {
      type: 'repository_verification_exception',
      reason: '[r] path [x] is not accessible on cluster-manager node',
      caused_by: {
        type: 'i_o_exception',
        reason: 'Unable to upload object [x/tests-ukA8i809Rw6qurC8ecgKXg/master.dat] using a single upload',
        caused_by: noBucket,
      },
    },
  ],
  [
    'a list of a missing repository',
    list,
    'RepositoryMissing',
    404,
    { type: 'repository_missing_exception', reason: '[r] missing' },
  ],
  [
    'the size of a missing snapshot',
    size,
    'SnapshotMissing',
    404,
    { type: 'snapshot_missing_exception', reason: '[r:one] is missing' },
  ],
])('%s', async (_, call, name, status, cause) => {
  const cluster = await answering(() => ({ status, body: body(status, cause) }));
  await expect(call(cluster)).rejects.toMatchObject({
    name,
    message: expect.stringContaining(cause.caused_by === undefined ? cause.reason : noBucket.reason) as string,
  });
});

test('a list asks for names, states and times only; without snapshots the filtered answer is empty', async () => {
  const asked: string[] = [];
  const cluster = await answering(({ url = '' }) => {
    asked.push(decodeURIComponent(url));
    return { status: 200, body: {} };
  });
  expect(await cluster.snapshots('r')).toEqual([]);
  expect(asked).toEqual([
    '/_snapshot/r/_all?filter_path=snapshots.snapshot,snapshots.uuid,snapshots.state,snapshots.start_time_in_millis',
  ]);
});

test('a list is in the order of the start times', async () => {
  const entry = (snapshot: string, start_time_in_millis: number): object => ({
    snapshot,
    uuid: snapshot,
    state: 'SUCCESS',
    start_time_in_millis,
  });
  const cluster = await answering(() => ({ status: 200, body: { snapshots: [entry('later', 2), entry('first', 1)] } }));
  expect((await cluster.snapshots('r')).map(({ name }) => name)).toEqual(['first', 'later']);
});

test('noted values that are not text come back as text', async () => {
  const snapshot = {
    ...{ snapshot: 'one', uuid: 'u', state: 'IN_PROGRESS', start_time_in_millis: 5, end_time_in_millis: 0 },
    ...{ indices: ['big'], failures: [], shards: { total: 0, failed: 0, successful: 0 } },
    metadata: { takenBy: 'x', n: 3 },
  };
  const cluster = await answering(() => ({ status: 200, body: { snapshots: [snapshot] } }));
  const facts = await cluster.snapshot('r', 'one');
  expect(facts).toMatchObject({ state: 'IN_PROGRESS', metadata: { takenBy: 'x', n: '3' } });
  // OpenSearch says 1970 of one that runs.
  expect(facts).not.toHaveProperty('endedAt');
});

test('sizes are those of the whole snapshot and of what it added', async () => {
  const stats = {
    incremental: { file_count: 3, size_in_bytes: 500 },
    total: { file_count: 18, size_in_bytes: 16_092_554 },
  };
  const snapshots = [{ snapshot: 'one', repository: 'r', state: 'SUCCESS', stats }];
  const cluster = await answering(() => ({ status: 200, body: { snapshots } }));
  expect(await cluster.snapshotSize('r', 'one')).toEqual({ bytes: 16_092_554, addedBytes: 500, addedFiles: 3 });
});

test('a status without the snapshot is not a size of nothing', async () => {
  const cluster = await answering(() => ({ status: 200, body: { snapshots: [] } }));
  await expect(cluster.snapshotSize('r', 'one')).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
});

test('a removal that the gateway gave up waiting for is still going on', async () => {
  const cluster = await answering(() => ({ status: 504, body: { message: 'Gateway Timeout' } }));
  expect(await cluster.deleteSnapshot('r', 'one')).toBe(false);
});

test('no answer in time: a removal is still going on, a cleanup in progress', async () => {
  const timeout = clusterError(new errors.TimeoutError('Request timed out', {} as never), 'asked', 'host');
  const snapshots = openSearchSnapshots(() => Promise.reject(timeout));
  expect(await snapshots.deleteSnapshot('r', 'one')).toBe(false);
  await expect(snapshots.cleanUpRepository('r')).rejects.toMatchObject({ name: 'SnapshotInProgress' });
});

test('a cleanup that the gateway gave up waiting for is in progress', async () => {
  const cluster = await answering(() => ({ status: 504, body: { message: 'Gateway Timeout' } }));
  await expect(cluster.cleanUpRepository('r')).rejects.toMatchObject({ name: 'SnapshotInProgress' });
});
