import type { ObjectStore } from '../ports/object-store.ts';
import { ObjectExists, ObjectMissing } from '../workflow/errors.ts';

/** The records of a run in the staging bucket: read, or written once and read ever after. */

type Parse<T> = (bytes: Uint8Array) => T;

/** @throws ObjectMissing, and what `parse` throws. */
export const readRecord = async <T>(staging: ObjectStore, key: string, parse: Parse<T>): Promise<T> =>
  parse(await staging.read(key));

export async function readIfPresent<T>(staging: ObjectStore, key: string, parse: Parse<T>): Promise<T | undefined> {
  try {
    return await readRecord(staging, key, parse);
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    throw error;
  }
}

/** Writes a record where there is none, and returns the record that stands: an attempt before this one may have written it. */
export async function writeOnce<T>(staging: ObjectStore, key: string, bytes: Uint8Array, parse: Parse<T>): Promise<T> {
  try {
    await staging.put(key, bytes, { ifAbsent: true, contentType: 'application/json' });
    return parse(bytes);
  } catch (error) {
    if (error instanceof ObjectExists) return readRecord(staging, key, parse);
    throw error;
  }
}
