import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { ObjectExists } from '../../../workflow/errors.ts';
import type { RecordSource, Reject } from './bulk-item.ts';

const compress = promisify(gzip);

export type RejectStore = (rejects: readonly Reject[]) => Promise<void>;

/**
 * Keeps rejects as gzipped JSON lines, an object for each source of a batch: `rejects/<indexer>/<day of the source>/<sha256>.json.gz`.
 * The key is the digest of what is in it: one failure never overwrites another, and a redelivery that fails the same way adds nothing.
 */
export function rejectStore(bucket: ObjectStore, indexer: string): RejectStore {
  return async (rejects) => {
    const bySource = Map.groupBy(rejects, ({ source }) => source);
    for (const [source, some] of bySource) {
      const content = Buffer.from(some.map(lineOf).join(''));
      const digest = createHash('sha256').update(content).digest('hex');
      await putIfAbsent(bucket, `rejects/${indexer}/${dayOf(source)}/${digest}.json.gz`, await compress(content));
    }
  };
}

async function putIfAbsent(bucket: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  try {
    await bucket.put(key, bytes, { ifAbsent: true, contentType: 'application/gzip' });
  } catch (error) {
    if (!(error instanceof ObjectExists)) throw error;
  }
}

const dayOf = ({ date }: RecordSource): string => date.toISOString().slice(0, 10);

function lineOf(reject: Reject): string {
  const { source, offset, part, reason } = reject;
  const facts = { reason, source: { ...source.facts, offset, part } };
  if ('text' in reject) return `${JSON.stringify({ ...facts, text: reject.text })}\n`;
  const { index, id, document } = reject;
  // The document is JSON already.
  return `${JSON.stringify({ ...facts, index, id }).slice(0, -1)},"document":${document}}\n`;
}
