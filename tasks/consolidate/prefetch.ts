import type { PlannedObject } from '../../archive/plan.ts';
import { readAhead, type ReadAhead } from '../stages/read-ahead.ts';

const MiB = 1024 * 1024;

/** An object on its way: `body` must be taken to its end before the next object is asked for. */
export interface StagedObject extends PlannedObject {
  readonly body: AsyncIterable<Uint8Array>;
}

export interface PrefetchOptions {
  /** Objects being read at the same time. */
  readonly concurrency: number;
  /** Bytes read and not yet taken, over all objects. Default 64 MiB. */
  readonly budgetBytes?: number;
  /** The part of it that one object may use. Default 8 MiB. */
  readonly windowBytes?: number;
  readonly signal: AbortSignal;
}

/** What a small object costs at least: its bytes may keep a whole network buffer alive. */
const leastReservedBytes = 64 * 1024;

/**
 * Reads objects ahead of their turn and gives them in the order of the list. Many small objects are read at once; of a large
 * one only a window. Each reserves its window in the order of the list, so that the one whose turn it is can always go on.
 * An object's failure comes at its turn. When the consumer leaves, every read is stopped before this ends.
 */
export async function* prefetch(
  objects: readonly PlannedObject[],
  read: (object: PlannedObject, signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: PrefetchOptions,
): AsyncIterable<StagedObject> {
  const { concurrency, budgetBytes = 64 * MiB, windowBytes = 8 * MiB } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const costOf = ({ bytes }: PlannedObject): number => Math.max(leastReservedBytes, Math.min(bytes, windowBytes));
  const ahead: { readonly object: PlannedObject; readonly reading: ReadAhead }[] = [];
  const running = new Set<Promise<unknown>>();
  let next = 0;
  let reservedBytes = 0;

  /** Opens as many objects as the limits allow, and always the one whose turn it is. */
  function open(): void {
    for (let object = objects[next]; object && !signal.aborted; object = objects[next]) {
      const fits = reservedBytes + costOf(object) <= budgetBytes && running.size < concurrency;
      if (!fits && (ahead.length > 0 || reservedBytes > 0)) return;
      next += 1;
      reservedBytes += costOf(object);
      const reading = readAhead(read(object, signal), windowBytes, signal);
      ahead.push({ object, reading });
      const ended: Promise<unknown> = reading.ended.then(() => {
        running.delete(ended);
        open();
      });
      running.add(ended);
    }
  }

  try {
    open();
    for (let turn = ahead.shift(); turn; turn = ahead.shift()) {
      yield { ...turn.object, body: turn.reading.body };
      reservedBytes -= costOf(turn.object);
      open();
    }
    signal.throwIfAborted();
  } finally {
    stop.abort();
    await Promise.all(running);
  }
}
