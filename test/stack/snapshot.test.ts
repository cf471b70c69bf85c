import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { wipePrefix } from '../../functions/wipe.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import {
  ask,
  ended,
  endpoints,
  history,
  notices,
  openSearchUrl,
  redrive,
  run,
  s3,
  start,
  statesOf,
  type Ended,
} from './stack.ts';

const machine = endpoints.stateMachines.snapshot!;
const bucket = endpoints.buckets.snapshots!;
const repository = 'permafrost-snapshots';
const index = 'schedule-logs';

interface Listed {
  readonly snapshot: string;
  readonly state: string;
}

/** Names carry seconds: two executions of one second would clash. */
const nextSecond = (): Promise<void> => sleep(1001 - (Date.now() % 1000));

async function snapshots(input: object = {}): Promise<Ended> {
  await nextSecond();
  return run(input, undefined, machine);
}
async function taken(input: object = {}): Promise<Ended> {
  const execution = await snapshots(input);
  expect(execution.status, `${execution.error}: ${execution.cause}`).toBe('SUCCEEDED');
  return execution;
}
const nameOf = ({ output }: Ended): string => String(output['snapshotName']);
const addedBy = ({ output }: Ended): number =>
  (output['snapshot'] as { taken: { addedBytes: number } }).taken.addedBytes;
const listed = async (): Promise<Listed[]> =>
  (await ask<{ snapshots: Listed[] }>('GET', `/_snapshot/${repository}/_all`)).snapshots;
const names = async (): Promise<string[]> => (await listed()).map(({ snapshot }) => snapshot).sort();

async function write(documents: number, into = index): Promise<void> {
  const lines = Array.from({ length: documents }, (_, number) => [
    JSON.stringify({ create: {} }),
    JSON.stringify({ number, at: new Date().toISOString(), text: `line ${Math.sin(number)} ${Math.cos(number)}` }),
  ]).flat();
  await ask('POST', `/${into}/_bulk?refresh=true`, `${lines.join('\n')}\n`);
}

const takeByHand = (name: string, metadata = {}): Promise<unknown> =>
  ask('PUT', `/_snapshot/${repository}/${name}?wait_for_completion=true`, {
    indices: [index],
    include_global_state: false,
    metadata,
  });
const nameAt = (time: Date): string =>
  `snapshot-${time.toISOString().slice(0, 19).replace('T', 't').replaceAll(':', '-')}`;

const limitSnapshots = (most: number | null): Promise<unknown> =>
  ask('PUT', '/_cluster/settings', { persistent: { 'snapshot.max_concurrent_operations': most } });

beforeAll(async () => {
  // Other files use the schedule too.
  await fetch(new URL(`/_snapshot/${repository}`, openSearchUrl), { method: 'DELETE' });
  await ask('PUT', `/${index}`, { settings: { number_of_replicas: 0, number_of_shards: 1 } });
  await write(4000);
});

describe('the schedule of snapshots', () => {
  it('takes incremental snapshots, and keeps the newest by its retention', async () => {
    const executions: Ended[] = [];
    for (let round = 0; round < 5; round++) {
      executions.push(await taken({ scheduledTime: '2026-01-01T00:00:00Z' }));
      await write(10);
    }
    const [first = 0, ...later] = executions.map(addedBy);
    expect(first).toBeGreaterThan(100_000);
    expect(Math.max(...later)).toBeLessThan(first / 5);
    expect(executions.map(({ output }) => (output['repository'] as { outcome: string }).outcome)).toEqual([
      'registered',
      'unchanged',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(await names()).toEqual(executions.slice(2).map(nameOf));
  });

  it('lists in a dry run what a deletion then deletes, and changes nothing', async () => {
    const old = nameAt(new Date(Date.now() - 60_000));
    await takeByHand(old);
    await takeByHand('by-hand-2020-01-01t00-00-00');
    const before = await names();
    const dry = await taken({ dryRun: true });
    const { snapshots: expired, foreign } = dry.output as { snapshots: string[]; foreign: number };
    expect(expired).toHaveLength(1);
    expect(foreign).toBe(1);
    expect(await names()).toEqual(before);
    const deleted = await taken({ deleteOnly: true });
    expect((deleted.output['expired'] as { snapshots: string[] }).snapshots).toEqual(expired);
    expect(await names()).toEqual(before.filter((name) => !expired.includes(name)));
    expect(await notices(deleted.executionArn)).toHaveLength(1);
  });

  it(
    'deletes 60 expired snapshots in one execution, whose single invocations stay short',
    { timeout: 120_000 },
    async () => {
      const minute = Date.now() - 86_400_000;
      for (let number = 0; number < 60; number++) await takeByHand(nameAt(new Date(minute + number * 60_000)));
      const before = (await names()).length;
      const execution = await taken({ deleteOnly: true });
      expect((execution.output['expired'] as { snapshots: string[] }).snapshots).toHaveLength(60);
      expect(before - (await names()).length).toBe(60);
      const events = await history(execution.executionArn);
      const began = new Map<number, number>();
      const seconds: number[] = [];
      for (const { id, previousEventId, type, timestamp } of events) {
        if (type === 'LambdaFunctionStarted') began.set(id!, timestamp!.getTime());
        const start = type === 'LambdaFunctionSucceeded' ? began.get(previousEventId!) : undefined;
        if (start !== undefined) seconds.push((timestamp!.getTime() - start) / 1000);
      }
      expect(seconds.length).toBeGreaterThan(60);
      expect(Math.max(...seconds)).toBeLessThan(25);
      expect(events.length).toBeLessThan(3000);
    },
  );

  it('cleans up and measures the repository', async () => {
    const { output } = await taken({ cleanUp: true });
    expect(output['cleanup']).toMatchObject({ deletedBlobs: expect.any(Number) as number });
    expect((output['measured'] as { bytes: number }).bytes).toBeGreaterThan(100_000);
    expect((output['measured'] as { snapshots: number }).snapshots).toBe((await names()).length);
  });
});

describe('a snapshot execution that meets trouble', () => {
  const slow = 'slow';
  const slowBucket = `${bucket}-slow`;
  /** Starts a snapshot in another repository that goes on for some seconds, or until it is deleted. */
  async function takeSlowly(): Promise<void> {
    const settings = { bucket: slowBucket, region: endpoints.region, max_snapshot_bytes_per_sec: '100kb' };
    await ask('PUT', `/_snapshot/${slow}`, { type: 's3', settings });
    await ask('PUT', `/_snapshot/${slow}/slow`, { indices: [index] });
  }
  const endSlow = (): Promise<unknown> => ask('DELETE', `/_snapshot/${slow}/slow`);

  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: slowBucket }));
  });
  afterEach(() => limitSnapshots(null));
  // Other files use the schedule too, and find it whole whatever happened here.
  afterAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch(() => undefined);
    await fetch(new URL(`/_snapshot/${repository}`, openSearchUrl), { method: 'DELETE' });
  });

  it('waits for another snapshot where the cluster allows only one', { timeout: 120_000 }, async () => {
    await limitSnapshots(1);
    await takeSlowly();
    const execution = await taken({ snapshotOnly: true });
    expect(await statesOf(execution.executionArn)).toContain('WaitForOtherSnapshot');
    await endSlow();
  });

  it('ends quietly while the execution before it still runs', async () => {
    await takeSlowly();
    await nextSecond();
    const first = await start({}, undefined, machine);
    const second = await snapshots({ scheduledTime: '2026-01-01T00:00:00Z' });
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: { work: 'none' } });
    expect(second.output['reason']).toContain(first);
    expect((await ended(first)).status).toBe('SUCCEEDED');
    await endSlow();
  });

  it('sets a repository back that somebody made read-only, and says so', async () => {
    const { [repository]: registered } = await ask<Record<string, { settings: Record<string, string> }>>(
      'GET',
      `/_snapshot/${repository}`,
    );
    await ask('PUT', `/_snapshot/${repository}`, { type: 's3', settings: { ...registered!.settings, readonly: true } });
    const execution = await taken({ scheduledTime: '2026-01-01T00:00:00Z' });
    expect(execution.output['repository']).toMatchObject({ outcome: 'updated', changed: ['readonly: true -> false'] });
    expect((await notices(execution.executionArn)).map(({ message }) => message).join()).toContain(
      'readonly: true -> false',
    );
  });

  it('is named where the repository is missing; a redrive after the repair finishes', async () => {
    await ask('DELETE', `/_snapshot/${repository}`);
    const failed = await snapshots({ dryRun: true });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'RepositoryMissing' });
    await taken({ snapshotOnly: true });
    expect(await redrive(failed.executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('touches no snapshot of the name that is not its own', async () => {
    const clashing = [1, 2, 3, 4, 5, 6].map((second) => nameAt(new Date(Date.now() + second * 1000)));
    for (const name of clashing) await takeByHand(name, { 'permafrost-execution': 'another' });
    const failed = await run({ snapshotOnly: true }, undefined, machine);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'SnapshotNameTaken' });
    expect(await names()).toEqual(expect.arrayContaining(clashing));
    for (const name of clashing) await ask('DELETE', `/_snapshot/${repository}/${name}`);
  });

  it('ends red over a red index, with the shard named and the others taken; a redrive takes a whole one', async () => {
    const red = 'schedule-red';
    await ask('PUT', `/${red}?wait_for_active_shards=0`, {
      settings: { number_of_replicas: 0, 'index.routing.allocation.require._name': 'nowhere' },
    });
    const failed = await snapshots({ snapshotOnly: true });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'SnapshotPartial' });
    expect(failed.cause).toContain(`${red}/0`);
    expect((await listed()).filter(({ state }) => state === 'PARTIAL')).toHaveLength(1);
    await ask('DELETE', `/${red}`);
    expect(await redrive(failed.executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await listed()).filter(({ state }) => state === 'PARTIAL')).toEqual([]);
  });

  it(
    'is named where the bucket was deleted in mid-run; made again, the next execution begins anew',
    { timeout: 120_000 },
    async () => {
      const store = s3ObjectStore(s3, bucket);
      await write(12_000);
      await takeSlowly();
      await nextSecond();
      const running = await start({}, undefined, machine);
      // It has registered and planned, and waits for the other snapshot.
      await vi.waitFor(async () => expect(await statesOf(running)).toContain('WaitForOtherSnapshot'), {
        timeout: 40_000,
      });
      await wipePrefix(store, '');
      await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      await endSlow();
      const failed = await ended(running);
      expect(failed).toMatchObject({ status: 'FAILED', error: 'SnapshotMissing' });
      const again = await snapshots();
      // The cluster accepts a snapshot into a bucket that is gone, and then does not know it.
      expect(again).toMatchObject({ status: 'FAILED', error: 'SnapshotMissing' });
      expect(again.cause).toContain('Is the bucket there?');
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await ask('DELETE', `/_snapshot/${repository}`);
      const next = await taken();
      expect(await names()).toEqual([nameOf(next)]);
    },
  );
});
