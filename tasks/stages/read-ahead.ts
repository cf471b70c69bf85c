/** A source that is read before anybody asks, at most a window ahead. */
export interface ReadAhead {
  /** May be iterated once. Throws the source's error in its place in the stream. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Settles, never rejects, when the source has been read to its end, has failed, or was left. */
  readonly ended: Promise<void>;
}

/**
 * Starts reading `source` at once and keeps up to `windowBytes` (and one chunk more) until they are taken.
 * When `signal` is aborted it stops waiting for a reader and leaves the source.
 */
export function readAhead(source: AsyncIterable<Uint8Array>, windowBytes: number, signal: AbortSignal): ReadAhead {
  const chunks: Uint8Array[] = [];
  let waitingBytes = 0;
  let outcome: { readonly error?: unknown } | undefined;
  let change = Promise.withResolvers<undefined>();
  const changed = (): void => {
    const before = change;
    change = Promise.withResolvers();
    before.resolve(undefined);
  };

  async function fill(): Promise<void> {
    signal.addEventListener('abort', changed, { once: true });
    try {
      for await (const chunk of source) {
        chunks.push(chunk);
        waitingBytes += chunk.byteLength;
        changed();
        while (waitingBytes >= windowBytes && !signal.aborted) await change.promise;
        signal.throwIfAborted();
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
    } finally {
      signal.removeEventListener('abort', changed);
      changed();
    }
  }

  async function* body(): AsyncIterable<Uint8Array> {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk) {
        waitingBytes -= chunk.byteLength;
        changed();
        yield chunk;
      } else if (outcome) {
        if ('error' in outcome) throw outcome.error;
        return;
      } else await change.promise;
    }
  }

  return { body: body(), ended: fill() };
}
