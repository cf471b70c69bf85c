import type { Unreadable } from '../log-record.ts';
import { ByteWindow } from './byte-window.ts';
import type { Ended, Scan } from './json-scan.ts';
import { keptText } from './limits.ts';
import { parseJson } from './parse-json.ts';

/** A JSON value and where it begins, or what is none. */
export type JsonPiece = { readonly offset: number; readonly value: unknown } | { readonly unreadable: Unreadable };

const newline = 0x0a;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;

/** Takes values from a window of bytes, one at a time, as far as its bytes go. */
export class JsonPieces {
  readonly window: ByteWindow;
  readonly #limit: number;
  readonly #resumeInside: boolean;
  #finished = false;
  #scan: Scan | undefined;
  /** How many bytes of the window the scan has seen. */
  #scanned = 0;
  /** Of a value that grew too long for the window. */
  #tooLong: Unreadable | undefined;

  /** @param options.resumeInside whether reading goes on inside a value whose brackets match but that is no JSON */
  constructor(from: number, limit: number, options: { readonly resumeInside: boolean }) {
    this.window = new ByteWindow(from);
    this.#limit = limit;
    this.#resumeInside = options.resumeInside;
  }

  /** Whether a value has begun and not ended. */
  get inValue(): boolean {
    return this.#scan !== undefined;
  }
  /** Whether no more bytes will come. */
  get finished(): boolean {
    return this.#finished;
  }

  append(chunk: Uint8Array): void {
    this.window.append(chunk);
  }
  finish(): void {
    this.#finished = true;
  }

  /** Lets go of white space (and commas). @returns whether something follows */
  skipSpace(alsoComma = false): boolean {
    const view = this.window.view;
    let at = 0;
    while (at < view.length && (isSpace(view[at]!) || (alsoComma && view[at] === 0x2c))) at++;
    this.window.discard(at);
    return at < view.length;
  }

  /** The value at the beginning of the window; undefined when it needs more bytes. */
  take(begin: (first: number) => Scan): JsonPiece | undefined {
    const view = this.window.view;
    if (!this.#scan) {
      this.#scan = begin(view[0]!);
      this.#scanned = 0;
    }
    if (this.#tooLong) return this.#passOver(this.#scan, this.#tooLong);
    const kept = view.subarray(0, this.#limit);
    const ended = this.#scan.next(kept, this.#scanned);
    this.#scanned = kept.length;
    if (ended) return this.#ended(kept, ended);
    if (view.length > this.#limit) {
      const reason = `a value of more than ${this.#limit} bytes`;
      if (this.#resumeInside && kept.includes(newline)) return this.#giveUp(kept, reason, true);
      this.#tooLong = { offset: this.window.offset, reason, text: keptText(kept) };
      return this.#passOver(this.#scan, this.#tooLong);
    }
    if (!this.#finished) return undefined;
    const { unfinished } = this.#scan;
    return this.#ended(kept, { end: kept.length, ...(unfinished !== undefined && { fault: unfinished }) });
  }

  /** Lets go of the rest of an overlong value as it comes. */
  #passOver(scan: Scan, unreadable: Unreadable): JsonPiece | undefined {
    const { length } = this.window;
    const ended = scan.next(this.window.view, this.#scanned);
    this.window.discard(ended?.end ?? length);
    this.#scanned = 0;
    if (!ended && !this.#finished) return undefined;
    this.#scan = undefined;
    this.#tooLong = undefined;
    return { unreadable };
  }

  #ended(view: Buffer, { end, fault }: Ended): JsonPiece {
    const { offset } = this.window;
    const bytes = view.subarray(0, end);
    if (fault !== undefined) return this.#giveUp(bytes, fault, true);
    const parsed = parseJson(bytes.toString());
    // Where a line begins with a brace there is a value a line: brackets that match did so by accident.
    if (!parsed) return this.#giveUp(bytes, 'no JSON', this.#resumeInside || bytes.includes('\n{'));
    this.#scan = undefined;
    this.window.discard(end);
    return { offset, value: parsed.value };
  }

  /** Declares bytes unreadable: all of them, or only their first line, so that what follows it is read. */
  #giveUp(bytes: Buffer, reason: string, onlyLine: boolean): JsonPiece {
    this.#scan = undefined;
    const lineEnd = onlyLine ? bytes.indexOf(newline) : -1;
    const given = lineEnd < 0 ? bytes : bytes.subarray(0, lineEnd);
    const unreadable = { offset: this.window.offset, reason, text: keptText(given) };
    this.window.discard(given.length);
    return { unreadable };
  }
}
