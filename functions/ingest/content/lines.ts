import type { Unreadable } from '../log-record.ts';
import { ByteWindow } from './byte-window.ts';
import { keptText, recordLimitBytes } from './limits.ts';

/** A line without its end. */
export interface Line {
  /** Of its first byte. */
  readonly offset: number;
  readonly text: string;
}

type LinePiece = Line | { readonly unreadable: Unreadable };

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const byteOrderMark = '\ufeff';

/**
 * Lines that end with LF or CRLF; the last needs no end. Empty ones are given, too. A byte order mark at the very beginning is
 * left out; bytes that are no UTF-8 become replacement characters. A line of more than `limit` bytes is unreadable; memory is
 * bounded by that limit and the size of a chunk.
 * @param from offset of the first byte of `bytes`
 * @returns for each chunk of bytes the lines that it completes, to be taken before the next chunk's
 */
export async function* lines(
  bytes: AsyncIterable<Uint8Array>,
  from = 0,
  limit = recordLimitBytes,
): AsyncGenerator<Iterable<LinePiece>> {
  const found = new Lines(from, limit);
  for await (const chunk of bytes) {
    found.append(chunk);
    yield found.take();
    found.passOver();
  }
  yield found.takeLast();
}

class Lines {
  readonly #limit: number;
  readonly #window: ByteWindow;
  /** How many bytes of the window are known to hold no line end. */
  #searched = 0;
  /** The line of which the beginning had to be let go. */
  #tooLong: Unreadable | undefined;

  constructor(from: number, limit: number) {
    this.#limit = limit;
    this.#window = new ByteWindow(from);
  }

  append(chunk: Uint8Array): void {
    this.#window.append(chunk);
  }

  /** The lines that end in the bytes at hand. */
  *take(): Generator<LinePiece> {
    for (let end = this.#nextEnd(); end >= 0; end = this.#nextEnd()) {
      const piece = this.#piece(end);
      this.#tooLong = undefined;
      this.#window.discard(end + 1);
      this.#searched = 0;
      yield piece;
    }
  }

  *takeLast(): Generator<LinePiece> {
    if (this.#tooLong || this.#window.length > 0) yield this.#piece(this.#window.length);
  }

  /** Lets go of a line that has become too long. */
  passOver(): void {
    if (!this.#tooLong && this.#window.length > this.#limit) this.#tooLong = this.#longer(this.#window.length);
    if (!this.#tooLong) return;
    this.#window.discard(this.#window.length);
    this.#searched = 0;
  }

  #nextEnd(): number {
    const end = this.#window.indexOf(lineFeed, this.#searched);
    if (end < 0) this.#searched = this.#window.length;
    return end;
  }

  #piece(length: number): LinePiece {
    if (this.#tooLong) return { unreadable: this.#tooLong };
    if (length > this.#limit) return { unreadable: this.#longer(length) };
    const { offset } = this.#window;
    const text = this.#window.text(this.#window.at(length - 1) === carriageReturn ? length - 1 : length);
    return { offset, text: offset === 0 && text.startsWith(byteOrderMark) ? text.slice(1) : text };
  }

  #longer(length: number): Unreadable {
    const begin = this.#window.view.subarray(0, Math.min(length, this.#limit));
    return { offset: this.#window.offset, reason: `a line of more than ${this.#limit} bytes`, text: keptText(begin) };
  }
}
