import type { ObjectToIndex } from './object-to-index.ts';

/** Why an object that was created holds no logs. */
export type SkipReason = 'digest' | 'test-file' | 'folder' | 'empty';

/** Written by services to try whether they may write. */
const testFiles: ReadonlySet<string> = new Set([
  'ConfigWritabilityCheckFile',
  'ELBAccessLogTestFile',
  // Exports of CloudWatch Logs.
  'aws-logs-write-test',
]);

/** Undefined: to be indexed. An object with bytes is skipped by its name only where a service gives it that name. */
export function skipReason({ key, bytes }: Pick<ObjectToIndex, 'key' | 'bytes'>): SkipReason | undefined {
  // Digests sign the log files that lie beside them (CloudTrail User Guide, "digest file structure").
  if (/(^|\/)AWSLogs\/(o-[a-z0-9]+\/)?\d{12}\/CloudTrail-Digest\//.test(key)) return 'digest';
  if (testFiles.has(key.slice(key.lastIndexOf('/') + 1))) return 'test-file';
  if (bytes !== 0) return undefined;
  return key.endsWith('/') ? 'folder' : 'empty';
}
