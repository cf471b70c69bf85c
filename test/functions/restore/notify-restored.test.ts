import { expect, it } from 'vitest';
import { restoreRecordKey } from '../../../archive/keys.ts';
import { restoreRecordBytes, type RestoredIndex } from '../../../archive/restore-records.ts';
import { notifyRestored } from '../../../functions/restore/notify-restored.ts';
import { telemetry } from '../../../functions/telemetry.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { execution, restoreId } from './plan-example.ts';

async function noticeOf(...indices: RestoredIndex[]): Promise<string> {
  const restore = memoryObjectStore({ bucket: 'restore' });
  const record = { restoreId, execution: execution.id, restoredAt: '2026-02-10T09:00:00.000Z', indices };
  await restore.put(restoreRecordKey(restoreId), restoreRecordBytes(record));
  const messages: string[] = [];
  const publish = (_subject: string, message: string): Promise<void> => {
    messages.push(message);
    return Promise.resolve();
  };
  const input = { restoreId, wiped: { objects: 4, bytes: 400 }, execution };
  await notifyRestored(input, { restore, notifier: { publish } }, telemetry);
  return messages.join();
}

const index = { from: 'a', name: 'b', uuid: 'c', documents: 3, leaseUntil: null };
const ofSnapshot = (documents: number, bytes: number): RestoredIndex => ({
  ...index,
  source: 'snapshot',
  snapshot: { repository: 'schedule', name: 'snapshot-2026-01-03t00-00-00', uuid: 'd' },
  shards: 5,
  documents,
  bytes,
});

it('the notice of an archive speaks of its signed manifest and of the plaintext that is gone', async () => {
  const notice = await noticeOf({ ...index, archiveId: idOfDay(2) });
  expect(notice).toContain('every index was verified against its signed manifest');
  expect(notice).toContain(`b: 3 documents of a, archive ${idOfDay(2)} (took the place of the index that was there)`);
  expect(notice).toContain('Unpacked plaintext removed: 4 objects, 400 bytes.');
});

it('the notice of a snapshot claims no signature and no plaintext', async () => {
  const notice = await noticeOf(ofSnapshot(3, 9000));
  expect(notice).toContain('from an unsigned snapshot');
  expect(notice).toContain('b: 3 documents of a, snapshot snapshot-2026-01-03t00-00-00 of repository schedule');
  expect(notice).not.toMatch(/manifest|plaintext/i);
});

it.each([
  [0, 900_000, true],
  [0, 1040, false],
  [1, 900_000, false],
])('%i documents of %i bytes in five shards: to be looked at, %s', async (documents, bytes, isDoubtful) => {
  expect((await noticeOf(ofSnapshot(documents, bytes))).includes('LOOK AT IT')).toBe(isDoubtful);
});
