import type { Unreadable } from '../log-record.ts';
import { ByteWindow } from './byte-window.ts';
import { keptText, recordLimitBytes } from './limits.ts';

/** A line without its end. */
export interface Line {
  /** Of its first byte. */
  readonly offset: number;
  readonly text: string;
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const byteOrderMark = '\ufeff';

/**
 * Lines that end with LF or CRLF; the last needs no end. Empty ones are given, too. A byte order mark at the very beginning is
 * left out; bytes that are no UTF-8 become replacement characters. A line of more than `limit` bytes is unreadable; memory is
 * bounded by that limit and the size of a chunk.
 * @param from offset of the first byte of `bytes`
 */
export async function* lines(
  bytes: AsyncIterable<Uint8Array>,
  from = 0,
  limit = recordLimitBytes,
): AsyncGenerator<Line | { readonly unreadable: Unreadable }> {
  const window = new ByteWindow(from);
  /** The line of which the beginning had to be let go. */
  let tooLong: Unreadable | undefined;
  const take = (length: number): Line | { unreadable: Unreadable } => {
    const view = window.view.subarray(0, length);
    if (tooLong) return { unreadable: tooLong };
    if (length > limit) return { unreadable: longer(window.offset, view, limit) };
    const end = view[length - 1] === carriageReturn ? length - 1 : length;
    const text = view.toString('utf8', 0, end);
    return {
      offset: window.offset,
      text: window.offset === 0 && text.startsWith(byteOrderMark) ? text.slice(1) : text,
    };
  };
  for await (const chunk of bytes) {
    let searched = window.length;
    window.append(chunk);
    for (;;) {
      const end = window.view.indexOf(lineFeed, searched);
      if (end < 0) break;
      yield take(end);
      tooLong = undefined;
      window.discard(end + 1);
      searched = 0;
    }
    if (!tooLong && window.length > limit) tooLong = longer(window.offset, window.view, limit);
    if (tooLong) window.discard(window.length);
  }
  if (tooLong || window.length > 0) yield take(window.length);
}

const longer = (offset: number, bytes: Buffer, limit: number): Unreadable => ({
  offset,
  reason: `a line of more than ${limit} bytes`,
  text: keptText(bytes.subarray(0, limit)),
});
