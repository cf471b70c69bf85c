import { describe, expect, it } from 'vitest';
import { choose, type Candidate, type PastDrill } from '../../../functions/drill/choose.ts';

const archive = (sequence: number, indices: [string, number][] = [['logs', 1]]): Candidate => ({
  archiveId: `a${sequence}`,
  sequence,
  indices: indices.map(([name, documents]) => ({ name, documents })),
});
const archives = (count: number): Candidate[] => Array.from({ length: count }, (_, n) => archive(n + 1));

/** Drills so often, and returns what was chosen. */
function drillOn(candidates: readonly Candidate[], times: number): string[] {
  const drills: PastDrill[] = [];
  return Array.from({ length: times }, (_, n) => {
    const { archiveId, index } = choose(candidates, drills);
    drills.push({ drillId: `d${n}`, archiveId });
    return `${archiveId}/${index}`;
  });
}

describe('the choice of an archive', () => {
  it('takes each of them before any a second time', () => {
    const first = drillOn(archives(20), 20);
    expect(new Set(first).size).toBe(20);
    expect(drillOn(archives(20), 40).slice(20)).toEqual(first);
  });

  it('spreads few drills over many archives, and not over the oldest alone', () => {
    const taken = drillOn(archives(365), 12).map((each) => Number(/\d+/.exec(each)![0]));
    expect(taken[0]).toBe(1);
    for (const [from, to] of [
      [1, 91],
      [92, 182],
      [183, 273],
      [274, 365],
    ] as const) {
      expect(taken.filter((sequence) => sequence >= from && sequence <= to).length).toBeGreaterThanOrEqual(2);
    }
  });

  it('is the same for the same archives and drills', () => {
    expect(drillOn(archives(50), 30)).toEqual(drillOn(archives(50), 30));
  });

  it('takes the one drilled longest ago when all were', () => {
    const drills = ['a2', 'a1', 'a3', 'a2'].map((archiveId, n) => ({ drillId: `d${n}`, archiveId }));
    expect(choose(archives(3), drills)).toMatchObject({
      archiveId: 'a1',
      reason: expect.stringContaining('longest ago') as string,
    });
  });

  it('passes over drills of archives whose lock has ended', () => {
    expect(choose([archive(7)], [{ drillId: 'd', archiveId: 'a1' }])).toMatchObject({ archiveId: 'a7' });
  });
});

describe('the choice of an index', () => {
  it('takes another each time the archive is drilled', () => {
    const indices: [string, number][] = [
      ['x', 1],
      ['y', 1],
      ['z', 1],
    ];
    expect(drillOn([archive(1, indices)], 4)).toEqual(['a1/x', 'a1/y', 'a1/z', 'a1/x']);
    expect(drillOn([archive(2, indices)], 1)).toEqual(['a2/y']);
  });

  it('passes over empty ones, unless all are', () => {
    expect(choose([archive(1, [['empty', 0], ['full', 3]])], []).index).toBe('full'); // prettier-ignore
    expect(choose([archive(1, [['empty', 0]])], []).index).toBe('empty');
  });

  it('counts a drill that failed, was redriven and passed as one', () => {
    const twice = [1, 2].map(() => ({ drillId: 'd', archiveId: 'a1' }));
    const indices: [string, number][] = [
      ['x', 1],
      ['y', 1],
      ['z', 1],
    ];
    expect(choose([archive(1, indices)], twice).index).toBe('y');
  });
});
