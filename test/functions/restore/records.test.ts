import { describe, expect, it } from 'vitest';
import {
  originOf,
  parseRestorePlan,
  parseRestoreRecord,
  restorePlanBytes,
  restoreRecordBytes,
} from '../../../archive/restore-records.ts';
import { parseLocatedRestore } from '../../../functions/restore/plan/request.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { execution, restoreId } from './plan-example.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const snapshot = { repository: 'schedule', name: 'snapshot-2026-01-03t00-00-00', uuid: 'uuid of the snapshot' };

/** As they were written before there was another source than archives. */
const archived = { archiveId: idOfDay(2), from: 'a', name: 'b', uuid: 'c', documents: 3, leaseUntil: null };
const recordOf = (...indices: object[]): object => ({
  restoreId,
  execution: execution.id,
  restoredAt: '2026-02-10T09:00:00.000Z',
  indices,
});
const ofSnapshot = { source: 'snapshot', snapshot, shards: 1, bytes: 9, from: 'a', name: 'b', uuid: 'c', documents: 3 };
const planned = { restoreId, execution: execution.id, conflict: 'fail', replicas: 0, leaseDays: 30 };
const planOfSnapshot = {
  ...planned,
  source: 'snapshots',
  archives: [],
  snapshot: {
    origin: snapshot,
    repository: `${restoreId}-1`,
    snapshot: snapshot.name,
    targets: [{ index: { name: 'a', shards: 1, bytes: 9 }, to: 'a', via: null }],
  },
};

describe('the record of a restore', () => {
  it('of archives reads as it always did, and is written back the same', () => {
    const record = parseRestoreRecord(bytes(recordOf(archived)));
    expect(record.indices).toEqual([archived]);
    expect(JSON.parse(new TextDecoder().decode(restoreRecordBytes(record)))).toEqual(recordOf(archived));
    expect(originOf(record.indices[0]!)).toBe(`archive ${idOfDay(2)}`);
  });

  it('of a snapshot names the snapshot in place of an archive', () => {
    const record = parseRestoreRecord(bytes(recordOf({ ...ofSnapshot, leaseUntil: null })));
    expect(originOf(record.indices[0]!)).toBe('snapshot snapshot-2026-01-03t00-00-00 of repository schedule');
    expect(parseRestoreRecord(restoreRecordBytes(record))).toEqual(record);
  });

  it.each<[string, object]>([
    ['neither of them', { ...archived, archiveId: undefined }],
    ['both of them', { ...ofSnapshot, leaseUntil: null, archiveId: idOfDay(2) }],
    ['a snapshot under the name of archives', { ...ofSnapshot, leaseUntil: null, source: 'archive' }],
    ['an unknown source', { ...archived, source: 'tape' }],
  ])('naming %s is refused', (_what, index) => {
    expect(() => parseRestoreRecord(bytes(recordOf(index)))).toThrow(
      expect.objectContaining({ name: 'RunRecordInvalid' }),
    );
  });
});

describe('the plan of a restore', () => {
  it('from a snapshot reads back as it was written', () => {
    const plan = parseRestorePlan(bytes(planOfSnapshot));
    expect(plan).toEqual(planOfSnapshot);
    expect(parseRestorePlan(restorePlanBytes(plan))).toEqual(plan);
  });

  it.each<[string, object]>([
    ['without a source and without archives', { ...planOfSnapshot, source: undefined }],
    ['of archives that names none', { ...planned, archives: [], thaw: { tier: 'Bulk', days: 1 } }],
    ['from a snapshot that has a thaw', { ...planOfSnapshot, thaw: { tier: 'Bulk', days: 1 } }],
  ])('%s is refused', (_what, plan) => {
    expect(() => parseRestorePlan(bytes(plan))).toThrow(expect.objectContaining({ name: 'RunRecordInvalid' }));
  });
});

describe('the request of a restore', () => {
  const asked = {
    restoreId,
    execution: execution.id,
    conflict: 'fail',
    renamePattern: 'restored-{index}',
    planOnly: false,
    leaseDays: 30,
    replicas: null,
    warnings: [],
  };

  it('of archives reads as it always did', () => {
    const located = {
      ...asked,
      thaw: { tier: 'Bulk', days: 1 },
      archives: [{ archiveId: idOfDay(2), indices: ['a'] }],
    };
    expect(parseLocatedRestore(bytes(located))).toEqual(located);
  });

  it('from a snapshot has no thaw', () => {
    const located = {
      ...asked,
      source: 'snapshots',
      snapshot: { ...snapshot, startedAt: '2026-01-03T00:00:00.000Z', indices: ['a'] },
    };
    expect(parseLocatedRestore(bytes(located))).toEqual(located);
    expect(() => parseLocatedRestore(bytes({ ...located, thaw: { tier: 'Bulk', days: 1 } }))).toThrow('thaw');
  });
});
