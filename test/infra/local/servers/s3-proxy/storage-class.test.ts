import { describe, expect, it } from 'vitest';
import { isCold, requestRestore, storageHeaders } from '../../../../../infra/local/servers/s3-proxy/storage-class.ts';
import type { StoredVersion } from '../../../../../infra/local/servers/s3-proxy/state.ts';

const NOW = Date.parse('2026-01-01T10:00:00Z');
const THAW_MS = 3000;
const archived = (restore?: StoredVersion['restore']): StoredVersion => ({
  versionId: 'v',
  storageClass: 'GLACIER',
  ...(restore ? { restore } : {}),
});

describe('an archived object', () => {
  it('is cold until the restored copy is there, and again when the copy has expired', () => {
    const answer = requestRestore(archived(), 2, THAW_MS, NOW);
    expect(answer).toEqual({
      outcome: 'started',
      restore: { readyAt: NOW + THAW_MS, expiresAt: Date.parse('2026-01-04T00:00:00Z') },
    });
    const version = archived('restore' in answer ? answer.restore : undefined);
    const coldAt = (time: string): boolean => isCold(version, Date.parse(time));
    expect(isCold(archived(), NOW)).toBe(true);
    expect(coldAt('2026-01-01T10:00:02.999Z')).toBe(true);
    expect(coldAt('2026-01-01T10:00:03Z')).toBe(false);
    expect(coldAt('2026-01-03T23:59:59Z')).toBe(false);
    expect(coldAt('2026-01-04T00:00:00Z')).toBe(true);
    expect(storageHeaders(version, NOW)).toEqual({
      'x-amz-storage-class': 'GLACIER',
      'x-amz-restore': 'ongoing-request="true"',
    });
    expect(storageHeaders(version, NOW + THAW_MS)['x-amz-restore']).toBe(
      'ongoing-request="false", expiry-date="Sun, 04 Jan 2026 00:00:00 GMT"',
    );
    expect(storageHeaders(version, Date.parse('2026-01-05T00:00:00Z'))).toEqual({ 'x-amz-storage-class': 'GLACIER' });
  });

  it('refuses a second restore under way and extends one that is done', () => {
    const version = archived({ readyAt: NOW, expiresAt: NOW + 86_400_000 });
    expect(requestRestore(version, 1, THAW_MS, NOW - 1)).toEqual({ outcome: 'in-progress' });
    expect(requestRestore(version, 10, THAW_MS, NOW)).toEqual({
      outcome: 'extended',
      restore: { readyAt: NOW, expiresAt: Date.parse('2026-01-12T00:00:00Z') },
    });
  });
});

it('objects of classes that are read at once are never cold and cannot be restored', () => {
  for (const storageClass of ['STANDARD', 'STANDARD_IA', 'GLACIER_IR']) {
    const version = { versionId: 'v', storageClass };
    expect(isCold(version, NOW)).toBe(false);
    expect(requestRestore(version, 1, THAW_MS, NOW)).toEqual({ outcome: 'not-archived' });
  }
  expect(isCold(undefined, NOW)).toBe(false);
  expect(storageHeaders(undefined, NOW)).toEqual({});
});
