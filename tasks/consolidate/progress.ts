import type { PlannedObject } from '../../archive/plan.ts';
import type { Log } from '../log.ts';
import type { StagedObject } from './prefetch.ts';

const intervalMilliseconds = 5000;
const MiB = 1024 * 1024;

/** Counts objects and bytes on their way and logs every five seconds, and once more when the stream ends, well or not. */
export async function* progress(
  objects: AsyncIterable<StagedObject>,
  planned: readonly PlannedObject[],
  log: Log,
): AsyncIterable<StagedObject> {
  const totalBytes = planned.reduce((sum, object) => sum + object.bytes, 0);
  const started = performance.now();
  let bytes = 0;
  let done = 0;
  const tell = (): void => {
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    log('INFO', 'Progress', {
      bytes,
      objects: done,
      mibPerSecond: Number((bytes / MiB / seconds).toFixed(1)),
      shareDone: Number((totalBytes > 0 ? bytes / totalBytes : 1).toFixed(4)),
    });
  };
  async function* counted(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  }
  const timer = setInterval(tell, intervalMilliseconds);
  try {
    for await (const object of objects) {
      yield { ...object, body: counted(object.body) };
      done += 1;
    }
  } finally {
    clearInterval(timer);
    tell();
  }
}
