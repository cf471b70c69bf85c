import { describe, expect, it } from 'vitest';
import { parsePlan, planBytes } from '../../archive/plan.ts';
import {
  observationBytes,
  parseObservation,
  parseSelection,
  parseSnapshotRecord,
  selectionBytes,
  snapshotRecordBytes,
} from '../../archive/run-records.ts';
import { parseVolumeReceipt, volumeReceiptBytes } from '../../archive/volume-records.ts';
import { exampleRun } from './example-run.ts';

const run = exampleRun('logdata-2026-01-02t02-00-00-a1b2c3', { keyId: 'k', algorithm: 'ECDSA_SHA_256' });
const observation = {
  archiveId: run.selection.archiveId,
  indices: run.snapshot.indices.map((index) => ({ ...index, documents: 3, shards: [{ maxSeqNo: -1 }] })),
};

describe('records of a run', () => {
  it('read back', () => {
    expect(parseSelection(selectionBytes(run.selection))).toEqual(run.selection);
    expect(parseObservation(observationBytes(observation))).toEqual(observation);
    expect(parseSnapshotRecord(snapshotRecordBytes(run.snapshot))).toEqual(run.snapshot);
    expect(parsePlan(planBytes(run.plan))).toEqual(run.plan);
    for (const receipt of run.receipts) expect(parseVolumeReceipt(volumeReceiptBytes(receipt))).toEqual(receipt);
  });

  it.each([
    ['selection.json', parseSelection, { ...run.selection, indices: [] }, 'indices'],
    ['selection.json', parseSelection, { ...run.selection, archiveId: 'x' }, 'archiveId'],
    ['observation.json', parseObservation, { ...observation, more: 1 }, 'more'],
    ['snapshot.json', parseSnapshotRecord, { ...run.snapshot, snapshot: { name: 'n' } }, 'snapshot.uuid'],
    ['plan.json', parsePlan, { ...run.plan, retainUntil: 'soon' }, 'retainUntil'],
  ] as const)('%s names the field that does not fit', (file, parse, value, field) => {
    const bytes = Buffer.from(JSON.stringify(value));
    expect(() => parse(bytes)).toThrow(
      expect.objectContaining({
        name: 'RunRecordInvalid',
        message: expect.stringMatching(new RegExp(`^${file}.*${field}`)) as string,
      }),
    );
  });
});
