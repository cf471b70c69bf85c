import type { StoredVersion } from './state.ts';

const COLD = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const DAY_MS = 86_400_000;

/** True when the bytes can be had only after a restore: archived, and no restored copy there now. */
export function isCold(version: StoredVersion | undefined, now: number): boolean {
  if (!version || !isArchived(version)) return false;
  const { restore } = version;
  return !restore || now < restore.readyAt || now >= restore.expiresAt;
}

export function isArchived(version: StoredVersion): boolean {
  return COLD.has(version.storageClass);
}

/** Headers that HEAD and GET carry; S3 names no class for STANDARD. */
export function storageHeaders(version: StoredVersion | undefined, now: number): Record<string, string> {
  if (!version || version.storageClass === 'STANDARD') return {};
  const { storageClass, restore } = version;
  if (!restore || now >= restore.expiresAt) return { 'x-amz-storage-class': storageClass };
  const expiry = new Date(restore.expiresAt).toUTCString();
  return {
    'x-amz-storage-class': storageClass,
    'x-amz-restore':
      now < restore.readyAt ? 'ongoing-request="true"' : `ongoing-request="false", expiry-date="${expiry}"`,
  };
}

export type RestoreAnswer =
  | { outcome: 'started' | 'extended'; restore: { readyAt: number; expiresAt: number } }
  | { outcome: 'in-progress' | 'not-archived' };

/** What S3 answers to RestoreObject. A restored copy ends at the midnight (UTC) after its days, as in S3. */
export function requestRestore(
  version: StoredVersion | undefined,
  days: number,
  thawMs: number,
  now: number,
): RestoreAnswer {
  if (!version || !isArchived(version)) return { outcome: 'not-archived' };
  const { restore } = version;
  if (restore && now < restore.readyAt) return { outcome: 'in-progress' };
  const isThere = restore !== undefined && now < restore.expiresAt;
  const readyAt = isThere ? restore.readyAt : now + thawMs;
  const from = isThere ? now : readyAt;
  const expiresAt = Math.ceil((from + days * DAY_MS) / DAY_MS) * DAY_MS;
  return { outcome: isThere ? 'extended' : 'started', restore: { readyAt, expiresAt } };
}
