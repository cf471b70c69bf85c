import type { Log } from '../log.ts';

const intervalMilliseconds = 5000;
const MiB = 1024 * 1024;

/** Passes a stream on, and logs how far it is every five seconds, and once more when it ends, well or not. */
export async function* progress(
  source: AsyncIterable<Uint8Array>,
  totalBytes: number,
  log: Log,
): AsyncIterable<Uint8Array> {
  const started = performance.now();
  let bytes = 0;
  const tell = (): void => {
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    log('INFO', 'Progress', {
      bytes,
      mibPerSecond: Number((bytes / MiB / seconds).toFixed(1)),
      shareDone: Number((totalBytes > 0 ? bytes / totalBytes : 1).toFixed(4)),
    });
  };
  const timer = setInterval(tell, intervalMilliseconds);
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  } finally {
    clearInterval(timer);
    tell();
  }
}
