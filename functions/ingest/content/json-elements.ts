import { ArrayFinder } from './array-finder.ts';
import { JsonPieces, type JsonPiece } from './json-pieces.ts';
import { garbage, garbageLine, scanOf } from './json-scan.ts';
import { keptText, recordLimitBytes } from './limits.ts';

const [openBrace, openBracket, closeBracket] = [0x7b, 0x5b, 0x5d];
/** How much of a document without the array is kept to show it. */
const headBytes = 1024;

/**
 * The elements of the array that is the member `member` of a JSON document, or of an array that is itself the document
 * (`member` undefined). What is before and after the array is passed over; a further document may follow. Memory is bounded by
 * `limit`, whatever the size of document and array.
 *
 * A broken element is unreadable, and reading goes on with the next one: where its brackets do not match, with the next line.
 * A document without the array is unreadable, and so is (with an empty text) the end of one that ends inside the array.
 * @param from offset of the first byte of `bytes`: 0, or the offset of an element
 * @returns for each chunk of bytes the elements that it completes, to be taken before the next chunk's
 */
export async function* jsonElements(
  bytes: AsyncIterable<Uint8Array>,
  member: string | undefined,
  from = 0,
  limit = recordLimitBytes,
): AsyncGenerator<Iterable<JsonPiece>> {
  const elements = new Elements(member, from, limit);
  for await (const chunk of bytes) {
    elements.pieces.append(chunk);
    yield elements.take();
  }
  elements.pieces.finish();
  yield elements.take();
}

class Elements {
  readonly pieces: JsonPieces;
  readonly #member: string | undefined;
  #inArray: boolean;
  #finder: ArrayFinder | undefined;
  /** The beginning of a document, until its array is found. */
  #head: { readonly offset: number; bytes: Buffer } | undefined;

  constructor(member: string | undefined, from: number, limit: number) {
    this.pieces = new JsonPieces(from, limit, { resumeInside: false });
    this.#member = member;
    this.#inArray = from > 0;
  }

  /** What can be read of the bytes at hand. */
  *take(): Generator<JsonPiece> {
    for (let step = this.#next(); step; step = this.#next()) if (step !== 'on') yield step;
    if (!this.pieces.finished) return;
    if (this.#head) yield this.#without(this.#head, 'a document that does not end,');
    else if (this.#inArray) {
      const { offset } = this.pieces.window;
      yield { unreadable: { offset, reason: `the ${this.#sought} does not end`, text: '' } };
    }
  }

  /** @returns undefined when more bytes are needed, 'on' when something was passed that is no piece */
  #next(): JsonPiece | 'on' | undefined {
    const { pieces } = this;
    if (this.#finder) return this.#search(this.#finder);
    if (pieces.inValue) return pieces.take(scanOf);
    if (!pieces.skipSpace(this.#inArray)) return undefined;
    const first = pieces.window.view[0];
    if (this.#inArray) return first === closeBracket ? this.#leaveArray() : pieces.take(scanOf);
    if (this.#member === undefined) {
      if (first !== openBracket) return pieces.take(() => garbageLine('not in an array'));
      pieces.window.discard(1);
      this.#inArray = true;
      return 'on';
    }
    if (first !== openBrace) return pieces.take(() => garbage('not a JSON object'));
    this.#finder = new ArrayFinder(this.#member, 0);
    this.#head = { offset: pieces.window.offset, bytes: Buffer.alloc(0) };
    return 'on';
  }

  #leaveArray(): 'on' {
    this.pieces.window.discard(1);
    this.#inArray = false;
    if (this.#member !== undefined) this.#finder = new ArrayFinder(this.#member, 1);
    return 'on';
  }

  /** Goes on to the array, or to the end of the document. */
  #search(finder: ArrayFinder): JsonPiece | 'on' | undefined {
    const { window } = this.pieces;
    const found = finder.next(window.view);
    const passed = window.view.subarray(0, found?.end);
    if (this.#head) this.#head.bytes = Buffer.concat([this.#head.bytes, passed]).subarray(0, headBytes);
    window.discard(passed.length);
    if (!found) return undefined;
    const head = this.#head;
    this.#head = undefined;
    this.#finder = undefined;
    this.#inArray = found.what === 'array';
    return this.#inArray || !head ? 'on' : this.#without(head, 'a document');
  }

  #without({ offset, bytes }: { offset: number; bytes: Buffer }, what: string): JsonPiece {
    return { unreadable: { offset, reason: `${what} without ${this.#sought}`, text: keptText(bytes) } };
  }

  get #sought(): string {
    return this.#member === undefined ? 'array' : `array "${this.#member}"`;
  }
}
