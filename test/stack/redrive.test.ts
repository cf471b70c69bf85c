/** Real failures, early and late: each ends red under its own name, and a redrive completes what was begun. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { receiptKey, repositoryPrefix } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import {
  archive,
  archiveIdOf,
  ask,
  documentCount,
  ended,
  endpoints,
  loadLogs,
  makeTheArchive,
  notices,
  operator,
  redrive,
  run,
  sfn,
  staging,
  start,
  statesOf,
  succeeded,
  type Ended,
} from './stack.ts';

/** The execution ended red at this state: name and cause are the failure's own, and one notice tells of it. */
async function expectFailedAt(state: string, error: string, cause: RegExp, execution: Ended): Promise<void> {
  expect(execution).toMatchObject({ status: 'FAILED', error });
  // As Lambda reports what a function threw; the message itself is words, not JSON within JSON.
  const { errorType, errorMessage } = JSON.parse(execution.cause!) as { errorType: string; errorMessage: string };
  expect(errorType).toBe(error);
  expect(errorMessage).toMatch(cause);
  expect(errorMessage).not.toContain('{"');
  const sent = await notices(execution.name);
  expect(sent.map(({ subject }) => subject)).toEqual([`Permafrost: ${state} failed: ${error}`]);
  expect(sent[0]?.message).toMatch(cause);
  expect(sent[0]?.message).toContain(`docs/runbook.md#${error.toLowerCase()}`);
}

async function expectArchived(execution: Ended, index: string, documents: number): Promise<Manifest> {
  const { archiveId, executionArn } = succeeded(execution);
  const manifest = await readSealedManifest(archive, (await findLink(archive, archiveId))!);
  expect(manifest.indices).toMatchObject([{ name: index, documents: { count: documents, exact: true } }]);
  expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).redriveCount).toBe(1);
  expect((await notices(execution.name)).map(({ subject }) => subject).slice(1)).toEqual([
    'Permafrost: archived 1 indices',
  ]);
  expect(await staged(archiveId)).toBe(0);
  expect(await documentCount(index)).toBe(documents);
  return manifest;
}

async function staged(archiveId: string): Promise<number> {
  let count = 0;
  for await (const _ of staging.list(repositoryPrefix(archiveId))) count += 1;
  return count;
}

test('a closed index fails SelectIndices; opened again, a redrive archives it', async () => {
  const { index, documents } = await loadLogs('2026-01-04');
  await ask('POST', `/${index}/_close`);
  const failed = await run({ date: '2026-01-04' });
  await expectFailedAt('SelectIndices', 'IndexClosed', new RegExp(`open them first: ${index}`), failed);

  await ask('POST', `/${index}/_open?wait_for_active_shards=1`);
  const done = await redrive(failed.executionArn);
  await expectArchived(done, index, documents);
  const states = await statesOf(done.executionArn);
  expect(states.filter((state) => state === 'SelectIndices')).toHaveLength(2);
  expect(states.filter((state) => state === 'SelectIndicesFailed')).toHaveLength(1);
});

test('a volume whose task is killed each time fails CheckVolumes; a redrive makes the volume', async () => {
  const { index, documents } = await loadLogs('2026-01-05');
  const executionArn = await start({ date: '2026-01-05' });
  const archiveId = await archiveIdOf(executionArn);
  const killing = killVolumeTasks(archiveId);
  const failed = await ended(executionArn).finally(killing.stop);
  await expectFailedAt(
    'CheckVolumes',
    'VolumeMissing',
    /volume 1: no record of a failure; its task was killed/,
    failed,
  );
  const tasks = await tasksOf(archiveId);
  expect(tasks.map(({ containers }) => containers?.[0]?.exitCode)).toEqual([137, 137, 137]);
  expect(await staged(archiveId)).toBeGreaterThan(0);
  expect(await ask('GET', '/_snapshot')).toHaveProperty(archiveId);

  const manifest = await expectArchived(await redrive(executionArn), index, documents);
  expect(manifest.volumes).toHaveLength(1);
  const versions: string[] = [];
  for await (const { key } of archive.listVersions(manifest.volumes[0]!.key)) versions.push(key);
  expect(versions).toHaveLength(1);
  expect((await tasksOf(archiveId)).map(({ containers }) => containers?.[0]?.exitCode)).toEqual([137, 137, 137, 0]);
  const states = await statesOf(executionArn);
  expect(states.slice(states.indexOf('ResumeAtFailedState') + 1).slice(0, 3)).toEqual([
    'PlanVolumes',
    'ConsolidateAndEncrypt',
    'CheckVolumes',
  ]);
});

test('a signing key that is disabled fails SealArchive and removes nothing; a redrive seals the same volume', async () => {
  const { archiveId: earlier } = await makeTheArchive();
  const { keyId: KeyId } = (await findLink(archive, earlier))!.link.signing;
  const { index, documents } = await loadLogs('2026-01-06');
  const kms = new KMSClient({ ...operator, endpoint: endpoints.aws });
  await kms.send(new DisableKeyCommand({ KeyId }));
  const failed = await run({ date: '2026-01-06' }).finally(() => kms.send(new EnableKeyCommand({ KeyId })));
  await expectFailedAt('SealArchive', 'SignerUnusable', /kms:/, failed);
  const archiveId = await archiveIdOf(failed.executionArn);
  expect(await findLink(archive, archiveId)).toBeUndefined();
  expect(await staged(archiveId)).toBeGreaterThan(0);
  expect(await ask('GET', `/_snapshot/${archiveId}/${archiveId}`)).toMatchObject({ snapshots: [{ state: 'SUCCESS' }] });
  const receipt = JSON.parse(Buffer.from(await staging.read(receiptKey(archiveId, 1))).toString()) as object;

  const manifest = await expectArchived(await redrive(failed.executionArn), index, documents);
  const { versionId, sha256 } = manifest.volumes[0]!;
  expect(receipt).toMatchObject({ versionId, sha256 });
  kms.destroy();
});

/** SIGKILL for every process that makes a volume of this archive, as the kernel does when memory runs out. */
function killVolumeTasks(archiveId: string): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const isTask = (environment: string): boolean =>
    environment.includes(`ARCHIVE_ID=${archiveId}\0`) && !environment.includes('PERMAFROST_GUARD');
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        if (isTask(environment)) process.kill(pid, 'SIGKILL');
      }
      await sleep(20);
    }
  };
  const watching = watch();
  return {
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

/** The container tasks of an archive, oldest first. */
async function tasksOf(archiveId: string): Promise<Task[]> {
  const ecs = new ECSClient({ ...operator, endpoint: endpoints.ecs });
  const { taskArns } = await ecs.send(new ListTasksCommand({ desiredStatus: 'STOPPED' }));
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns }));
  ecs.destroy();
  return tasks.filter(({ overrides }) =>
    overrides?.containerOverrides?.[0]?.environment?.some(({ value }) => value === archiveId),
  );
}
