import { beforeEach, describe, expect, it } from 'vitest';
import { step } from '../../../functions/snapshot/notify-snapshot.ts';
import { runStep } from '../../../functions/step.ts';

const repository = { name: 'snapshots', outcome: 'unchanged', changed: [] as string[] };
const taken = { indices: 3, bytes: 5000, addedBytes: 1200, seconds: 4.5 };
const expired = {
  snapshots: ['logs-2026-01-01t00-00-00'],
  expired: 1,
  kept: 7,
  foreign: 2,
  warnings: [] as string[],
};
const run = {
  snapshotName: 'logs-2026-02-01t00-00-00',
  work: 'snapshot',
  scheduled: true,
  repository,
  snapshot: { taken },
  expired,
};

let notices: { subject: string; message: string }[];
let figures: Record<string, number>;
beforeEach(() => {
  notices = [];
  figures = {};
});

const notify = (what: object, setting: 'always' | 'warnings' = 'warnings') =>
  runStep(
    step,
    { run: { ...run, ...what }, execution: { id: 'arn:execution' } },
    {
      notifier: {
        publish: (subject, message) => {
          notices.push({ subject, message });
          return Promise.resolve();
        },
      },
      runbookUrl: 'https://runbook.example',
      notify: setting,
    },
    {
      info: () => undefined,
      warn: () => undefined,
      measure: (name, value) => {
        figures[name] = value;
      },
    },
  );

describe('the notice of a snapshot', () => {
  it('is not sent for a scheduled run with nothing to look at, which is measured all the same', async () => {
    expect(await notify({})).toEqual({ notified: false });
    expect(notices).toEqual([]);
    expect(figures).toEqual({ SnapshotsTaken: 1, SnapshotBytesAdded: 1200, SnapshotSeconds: 4.5, SnapshotsDeleted: 1 });
  });

  it.each([
    ['a run by hand', { scheduled: false }, 'warnings'],
    ['a scheduled run where each is wanted', {}, 'always'],
  ] as const)('of %s says what was taken and deleted', async (_, what, setting) => {
    expect(await notify(what, setting)).toEqual({ notified: true });
    expect(notices[0]?.subject).toBe('Permafrost: snapshot taken, 1 snapshots deleted');
    for (const fact of [
      'logs-2026-02-01t00-00-00: 3 indices',
      '1200 new',
      'kept 7',
      '2 of other names',
      'arn:execution',
    ])
      expect(notices[0]?.message).toContain(fact);
  });

  it('names the settings that were set back', async () => {
    await notify({ repository: { ...repository, outcome: 'updated', changed: ['readonly: true -> false'] } });
    expect(notices[0]?.subject).toContain('1 to look at');
    expect(notices[0]?.message).toContain('readonly: true -> false');
    expect(notices[0]?.message).toContain('https://runbook.example#snapshot-warnings');
  });

  it('passes on the warnings of the retention', async () => {
    await notify({ expired: { ...expired, warnings: ['201 snapshots are kept'] } });
    expect(notices[0]?.message).toContain('201 snapshots are kept');
  });

  it('of a clean-up says what was removed and what is held', async () => {
    await notify({
      scheduled: false,
      snapshot: undefined,
      expired: undefined,
      cleanup: { deletedBytes: 10, deletedBlobs: 2 },
      measured: { objects: 5, bytes: 100, snapshots: 3 },
    });
    expect(notices[0]?.subject).toBe('Permafrost: snapshot repository cleaned up');
    expect(notices[0]?.message).toContain('Removed 2 blobs that no snapshot refers to, 10 bytes');
    expect(notices[0]?.message).toContain('3 snapshots in 5 objects, 100 bytes');
  });
});
