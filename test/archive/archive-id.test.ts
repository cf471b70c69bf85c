import { describe, expect, it } from 'vitest';
import { archiveId, archiveIdOf, parseArchiveId } from '../../archive/archive-id.ts';

const run = {
  prefix: 'logdata',
  startedAt: new Date('2026-01-02T02:00:00.789Z'),
  executionArn: 'arn:aws:states:eu-west-1:111122223333:execution:archive:1',
};

describe('archive id', () => {
  it('is prefix, start in UTC and six digits of the ARN', () => {
    // printf %s "$ARN" | sha256sum
    expect(archiveIdOf(run)).toBe('logdata-2026-01-02t02-00-00-501d30');
  });

  it('differs between two executions that start in one second', () => {
    expect(archiveIdOf({ ...run, executionArn: `${run.executionArn}2` })).not.toBe(archiveIdOf(run));
  });

  it.each(['logdata', 'cwl-2026', '0', 'a-2026-01-01t00-00-00-abcdef'])('reads back with prefix %s', (prefix) => {
    expect(parseArchiveId(archiveIdOf({ ...run, prefix }))).toEqual({
      prefix,
      createdAt: new Date('2026-01-02T02:00:00.000Z'),
      suffix: '501d30',
    });
  });

  it.each(['', '-a', 'a-', 'Log', 'a b', 'a/b', 'ä', 'a'.repeat(64), '_a'])('refuses the prefix "%s"', (prefix) => {
    expect(() => archiveIdOf({ ...run, prefix })).toThrow(expect.objectContaining({ name: 'FormatInvalid' }));
  });

  it.each([
    ['an upper-case letter', 'Logdata-2026-01-02t02-00-00-501d30'],
    ['an upper-case T', 'logdata-2026-01-02T02-00-00-501d30'],
    ['a day that is none', 'logdata-2026-02-30t02-00-00-501d30'],
    ['hour 24', 'logdata-2026-01-02t24-00-00-501d30'],
    ['a short suffix', 'logdata-2026-01-02t02-00-00-9d2cc'],
    ['no prefix', '2026-01-02t02-00-00-501d30'],
    ['a line feed at the end', 'logdata-2026-01-02t02-00-00-501d30\n'],
    ['a slash', 'a/b-2026-01-02t02-00-00-501d30'],
  ])('refuses %s', (_, id) => {
    expect(() => parseArchiveId(id)).toThrow(expect.objectContaining({ name: 'FormatInvalid' }));
    expect(archiveId.safeParse(id).success).toBe(false);
  });
});
