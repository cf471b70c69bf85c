import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/snapshot/retention/decide.ts';
import { retentionSettings, type RetentionSettings } from '../../../functions/snapshot/retention/settings.ts';
import { snapshotNameOf } from '../../../functions/snapshot/snapshot-name.ts';
import type { ListedSnapshot } from '../../../ports/cluster.ts';

const now = new Date('2026-03-31T12:00:00Z');
const dayMs = 86_400_000;
const daysAgo = (days: number): Date => new Date(now.getTime() - days * dayMs);

const taken = (startedAt: Date, state: ListedSnapshot['state'] = 'SUCCESS', name?: string): ListedSnapshot => ({
  name: name ?? snapshotNameOf('logs', startedAt),
  uuid: `${startedAt.getTime()}-${state}`,
  state,
  startedAt,
});
const retention = (changes: Partial<RetentionSettings> = {}): RetentionSettings => ({
  unit: 'days',
  count: 7,
  minimumCount: 1,
  incomplete: { unit: 'days', count: 3 },
  ...changes,
});
const expiredDays = (snapshots: readonly ListedSnapshot[], settings: RetentionSettings): number[] =>
  decide(snapshots, 'logs', settings, now).expired.map(
    ({ startedAt }) => (now.getTime() - startedAt.getTime()) / dayMs,
  );

describe('which snapshots are expired', () => {
  it('takes those older than the age, oldest first, and leaves those that are just as old', () => {
    const snapshots = [1, 7, 8, 30].map((days) => taken(daysAgo(days)));
    expect(expiredDays(snapshots, retention())).toEqual([30, 8]);
  });

  it.each([
    ['seconds', 59, '2026-03-31T11:59:01Z'],
    ['minutes', 30, '2026-03-31T11:30:00Z'],
    ['hours', 5, '2026-03-31T07:00:00Z'],
    ['days', 2, '2026-03-29T12:00:00Z'],
    ['weeks', 2, '2026-03-17T12:00:00Z'],
    // 31 March, a month before: February has no 31st.
    ['months', 1, '2026-02-28T12:00:00Z'],
    ['months', 13, '2025-02-28T12:00:00Z'],
    ['years', 2, '2024-03-31T12:00:00Z'],
  ] as const)('counts an age of %s by the calendar in UTC', (unit, count, limit) => {
    const young = taken(new Date(limit));
    const old = taken(new Date(Date.parse(limit) - 1000));
    const settings = retention({ unit, count, minimumCount: 1 });
    const { expired } = decide([taken(now), young, old], 'logs', settings, now);
    expect(expired).toEqual([old]);
  });

  it('keeps a leap day for a year, until the day before it', () => {
    const settings = retention({ unit: 'years', count: 1 });
    const leapDay = new Date('2024-02-29T12:00:00Z');
    const at = (day: string): boolean =>
      decide([taken(new Date('2026-01-01T00:00:00Z')), taken(leapDay)], 'logs', settings, new Date(day)).expired
        .length > 0;
    expect(at('2025-02-28T12:00:00Z')).toBe(false);
    expect(at('2025-03-01T12:00:00Z')).toBe(true);
  });

  it('keeps the minimum count, however old', () => {
    const snapshots = [100, 200, 300].map((days) => taken(daysAgo(days)));
    expect(expiredDays(snapshots, retention({ minimumCount: 2 }))).toEqual([300]);
  });

  it('takes the oldest of more than the maximum count, however young', () => {
    const snapshots = [0, 1, 2, 3].map((days) => taken(daysAgo(days)));
    expect(expiredDays(snapshots, retention({ maximumCount: 3 }))).toEqual([3]);
  });

  it('ages PARTIAL and FAILED ones out by themselves, and counts them for nothing', () => {
    const snapshots = [
      taken(daysAgo(1), 'PARTIAL'),
      taken(daysAgo(4), 'PARTIAL'),
      taken(daysAgo(5), 'FAILED'),
      taken(daysAgo(50)),
    ];
    expect(expiredDays(snapshots, retention({ minimumCount: 1 }))).toEqual([5, 4]);
  });

  it('keeps the newest PARTIAL one while there is no successful one', () => {
    const snapshots = [taken(daysAgo(4), 'FAILED'), taken(daysAgo(5), 'PARTIAL'), taken(daysAgo(6), 'PARTIAL')];
    expect(expiredDays(snapshots, retention())).toEqual([6, 4]);
  });

  it('never takes one that runs', () => {
    expect(expiredDays([taken(daysAgo(0)), taken(daysAgo(90), 'IN_PROGRESS')], retention())).toEqual([]);
  });

  it.each([
    'cs-automated-2020-01-01t00-00-00',
    '2020-01-01t00-00-00.1a2b',
    'logs-2020-01-01',
    'logs-2020-01-01t00-00-00-extra',
    'logs-2020-02-30t00-00-00',
    'logs-2020-01-01T00-00-00',
    'xlogs-2020-01-01t00-00-00',
    'logs-a-2020-01-01t00-00-00',
    'logs-2020-01-01t00-00-00\n',
  ])('leaves %j alone: its whole name is not one of the schedule', (name) => {
    const foreign = taken(daysAgo(1000), 'SUCCESS', name);
    const decision = decide([taken(now), foreign], 'logs', retention(), now);
    expect(decision).toMatchObject({ expired: [], foreign: [foreign] });
  });

  it('goes by the start time, and keeps what the name contradicts, to be looked at', () => {
    const old = taken(daysAgo(365), 'SUCCESS', snapshotNameOf('logs', daysAgo(1)));
    const young = taken(daysAgo(1), 'SUCCESS', snapshotNameOf('logs', daysAgo(365)));
    const decision = decide([taken(now), young, old], 'logs', retention(), now);
    expect(decision).toMatchObject({ expired: [], doubtful: [old] });
  });
});

describe('whatever the repository holds', () => {
  const units = ['seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years'] as const;
  const age = { unit: fc.constantFrom(...units), count: fc.integer({ min: 1, max: 60 }) };
  const settings = fc
    .record({
      ...age,
      minimumCount: fc.integer({ min: 1, max: 6 }),
      above: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      incomplete: fc.record(age),
    })
    .map(({ above, ...rest }) =>
      retentionSettings.parse({ ...rest, ...(above !== undefined && { maximumCount: rest.minimumCount + above }) }),
    );
  const snapshots = fc.uniqueArray(
    fc
      .record({
        secondsAgo: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300_000_000 })),
        state: fc.constantFrom<ListedSnapshot['state']>(
          'SUCCESS',
          'SUCCESS',
          'SUCCESS',
          'PARTIAL',
          'FAILED',
          'IN_PROGRESS',
        ),
        foreign: fc.option(fc.constantFrom('cs-automated-', 'other-', ''), { nil: undefined }),
        nameOff: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: -100, max: 100 })),
      })
      .map(({ secondsAgo, state, foreign, nameOff }) => {
        const startedAt = new Date(now.getTime() - secondsAgo * 1000);
        const named = snapshotNameOf('logs', new Date(startedAt.getTime() + nameOff * dayMs));
        return taken(startedAt, state, foreign === undefined ? named : `${foreign}${named}x`);
      }),
    { selector: ({ name }) => name, maxLength: 30 },
  );
  const isGood = ({ state }: ListedSnapshot): boolean => state === 'SUCCESS';

  it('never expires a foreign name, a running one or the newest successful one, and loses none', () => {
    fc.assert(
      fc.property(snapshots, settings, (all, by) => {
        const { expired, kept, foreign } = decide(all, 'logs', by, now);
        expect(expired.filter(({ name }) => !/^logs-.{19}$/.test(name))).toEqual([]);
        expect(expired.filter(({ state }) => state === 'IN_PROGRESS')).toEqual([]);
        const good = [...expired, ...kept].filter(isGood);
        const newest = Math.max(...good.map(({ startedAt }) => startedAt.getTime()));
        if (good.length > 0) expect(kept.some((one) => isGood(one) && one.startedAt.getTime() === newest)).toBe(true);
        expect([...expired, ...kept, ...foreign].map(({ name }) => name).sort()).toEqual(
          all.map(({ name }) => name).sort(),
        );
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('never goes under the minimum count', () => {
    fc.assert(
      fc.property(snapshots, settings, (all, by) => {
        const { expired, kept } = decide(all, 'logs', by, now);
        const before = [...expired, ...kept].filter(isGood).length;
        expect(kept.filter(isGood).length).toBeGreaterThanOrEqual(Math.min(before, by.minimumCount));
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it('is monotone in age: what is older than an expired one of its kind is expired too', () => {
    fc.assert(
      fc.property(snapshots, settings, (all, by) => {
        const { expired, kept, doubtful } = decide(all, 'logs', by, now);
        for (const good of [true, false]) {
          const youngest = Math.max(
            ...expired.filter((one) => isGood(one) === good).map(({ startedAt }) => startedAt.getTime()),
          );
          const older = kept.filter(
            (one) =>
              isGood(one) === good &&
              one.state !== 'IN_PROGRESS' &&
              one.startedAt.getTime() < youngest &&
              !doubtful.includes(one),
          );
          // The newest PARTIAL one may stay for want of a successful one.
          expect(older.filter(({ state }) => state !== 'PARTIAL')).toEqual([]);
          expect(older.length).toBeLessThanOrEqual([...expired, ...kept].some(isGood) ? 0 : 1);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('is monotone in time: what is expired stays expired as long as nothing is added', () => {
    fc.assert(
      fc.property(snapshots, settings, fc.integer({ min: 0, max: 400 * dayMs }), (all, by, later) => {
        const names = (at: Date): string[] => decide(all, 'logs', by, at).expired.map(({ name }) => name);
        const after = new Set(names(new Date(now.getTime() + later)));
        expect(names(now).filter((name) => !after.has(name))).toEqual([]);
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

describe('the settings of retention', () => {
  it.each([
    [{ minimumCount: 0 }, 'minimumCount'],
    [{ maximumCount: 2, minimumCount: 3 }, 'maximumCount'],
    [{ unit: 'fortnights' }, 'unit'],
    [{ count: 0 }, 'count'],
    [{ keep: 1 }, 'keep'],
  ])('refuse %j', (change, named) => {
    const parsed = retentionSettings.safeParse({ ...retention(), ...change });
    expect(JSON.stringify(parsed.error?.issues)).toContain(named);
  });
});
