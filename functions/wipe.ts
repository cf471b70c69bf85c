import type { ObjectStore } from '../ports/object-store.ts';

/** As many as S3 takes in one call. */
const batchSize = 1000;

/** Empties a prefix. @returns how many objects there were, and their bytes */
export async function wipePrefix(store: ObjectStore, prefix: string): Promise<{ objects: number; bytes: number }> {
  const wiped = { objects: 0, bytes: 0 };
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await store.delete(batch);
    batch = [];
  };
  for await (const { key, bytes } of store.list(prefix)) {
    batch.push(key);
    wiped.objects += 1;
    wiped.bytes += bytes;
    if (batch.length === batchSize) await flush();
  }
  await flush();
  return wiped;
}
