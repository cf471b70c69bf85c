import { describe, expect, it } from 'vitest';
import { judgeSnapshotVersion, judgeVersions } from '../../../functions/restore/plan/versions.ts';
import { refused } from '../../archive/verify-example.ts';

const archiveId = 'logdata-2026-01-02t02-00-00-a1b2c3';
const judge = (cluster: string, created: string, written = created): ReturnType<typeof judgeVersions> =>
  judgeVersions(cluster, [{ archiveId, written, indices: [{ name: 'logs', createdVersion: created }] }]);

describe('the verdict on versions', () => {
  it.each([
    ['3.8.0', '3.8.0', '3.8.0'],
    ['3.8.0', '3.0.0', '3.1.2'],
    ['3.8.0', '2.19.6', '2.19.6'],
    ['3.8.0', '2.0.0', '3.8.0'],
    ['3.10.0', '3.9.0', '3.9.0'],
    ['2.19.6', '1.3.20', '1.3.20'],
    ['2.19.6', '7.10.2', '2.11.0'],
    ['1.3.20', '7.10.2', '7.10.2'],
    ['1.3.20', '6.8.0', '7.10.2'],
  ])('cluster %s takes an index created by %s, written by %s', (cluster, created, written) => {
    expect(judge(cluster, created, written)).toEqual({
      versions: {
        cluster,
        created: [created],
        written: [written],
        verdict: expect.stringContaining(`version ${cluster} reads`) as unknown,
      },
      warnings: [],
    });
  });

  it.each([
    ['3.8.0', '1.3.20', '2.19.6', 'too new', 'major version after'],
    ['3.8.0', '7.10.2', '2.19.6', 'too new', 'major version after'],
    ['2.19.6', '6.8.0', '1.3.20', 'too new', 'major version after'],
    ['2.19.6', '3.0.0', '2.19.6', 'too old', 'upgrade'],
  ])('cluster %s refuses an index created by %s, written by %s: it is %s', (cluster, created, written, ...words) => {
    expect(() => judge(cluster, created, written)).toThrow(
      refused('VersionIncompatible', cluster, words[0], `logs (${created})`, words[1]),
    );
  });

  it.each([
    ['2.19.6', '3.8.0'],
    ['3.8.0', '3.8.1'],
    ['3.8.0', '3.10.0'],
    ['1.3.20', '2.0.0'],
  ])('cluster %s refuses a downgrade from %s, whatever created the index', (cluster, written) => {
    expect(() => judge(cluster, cluster, written)).toThrow(
      refused('VersionIncompatible', cluster, `${archiveId} (${written})`, `Upgrade the cluster to ${written}`),
    );
  });

  it('names every archive that is too new, and the version that reads all', () => {
    const archives = ['3.9.0', '3.10.0', '3.7.0'].map((written, n) => ({
      archiveId: `archive-${n}`,
      written,
      indices: [],
    }));
    expect(() => judgeVersions('3.8.0', archives)).toThrow(
      refused('VersionIncompatible', 'archive-0 (3.9.0), archive-1 (3.10.0).', 'to 3.10.0 or later'),
    );
  });

  it('leaves a version that cannot be read to the cluster, and says so', () => {
    expect(judge('3.8.0', '136217827', '3.8.0').warnings).toEqual([expect.stringMatching(/^logs: .*"136217827"/)]);
  });

  it('cannot be given on a cluster whose version cannot be read', () => {
    expect(() => judge('next', '3.8.0')).toThrow(refused('VersionIncompatible', '"next"'));
  });
});

describe('the verdict on a snapshot, which does not say what created its indices', () => {
  const name = 'snapshot-2026-01-03t00-00-00';
  const judgeSnapshot = (cluster: string, written: string): ReturnType<typeof judgeSnapshotVersion> =>
    judgeSnapshotVersion(cluster, { name, written });

  it.each([
    ['3.8.0', '3.8.0'],
    ['3.8.0', '3.1.0'],
    ['1.3.20', '7.10.2'],
  ])('cluster %s surely reads what a cluster of its major version (%s) wrote', (cluster, written) => {
    expect(judgeSnapshot(cluster, written)).toMatchObject({
      versions: { cluster, created: [], written: [written] },
      warnings: [],
    });
  });

  it.each([
    ['3.8.0', '2.19.6'],
    ['2.19.6', '7.10.2'],
  ])('cluster %s may read what the major version before (%s) wrote: a warning says so', (cluster, written) => {
    const [warning, ...others] = judgeSnapshot(cluster, written).warnings;
    expect(warning).toContain(`${name} was written by version ${written}`);
    expect(others).toEqual([]);
  });

  it.each([
    ['3.8.0', '3.9.0', ['snapshot-2026', 'Upgrade the cluster to 3.9.0']],
    ['2.19.6', '3.0.0', ['snapshot-2026', 'Upgrade the cluster to 3.0.0']],
    ['3.8.0', '1.3.20', ['reads nothing that version 1.3.20 has written', 'snapshot-2026']],
    ['3.8.0', '7.10.2', ['reads nothing that version 7.10.2 has written', 'snapshot-2026']],
  ])('cluster %s refuses what %s wrote', (cluster, written, why) => {
    expect(() => judgeSnapshot(cluster, written)).toThrow(refused('VersionIncompatible', cluster, ...why));
  });
});
