import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedObject } from '../../archive/plan.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectLengthChanged, ObjectMissing, ObjectVanished, StoreUnavailable } from '../../workflow/errors.ts';

const attempts = 5;
const pauseMilliseconds = 500;

/**
 * Reads one staged object. Where the connection breaks it opens the object again and goes on behind the bytes it has given:
 * blobs of a snapshot never change once written.
 * @param object its key is relative to `prefix`.
 * @throws ObjectVanished, ObjectLengthChanged (by the length that the store announces), StoreUnavailable after five attempts
 */
export async function* readStaged(
  staging: ObjectStore,
  prefix: string,
  object: PlannedObject,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let given = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const opened = await staging.get(prefix + object.key, { signal });
      if (opened.bytes !== object.bytes)
        throw new ObjectLengthChanged(
          `${prefix}${object.key} has ${opened.bytes} bytes where the plan says ${object.bytes}.`,
        );
      let skip = given;
      for await (const chunk of opened.body) {
        const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - rest.byteLength;
        given += rest.byteLength;
        if (rest.byteLength > 0) yield rest;
      }
      return;
    } catch (cause) {
      if (cause instanceof ObjectMissing)
        throw new ObjectVanished(`${prefix}${object.key} is in the plan and no longer in staging.`, { cause });
      if (!(cause instanceof StoreUnavailable) || attempt === attempts || signal.aborted) throw cause;
    }
    // Aborted while it waits: the next attempt throws the signal's reason.
    await sleep(pauseMilliseconds * attempt, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
