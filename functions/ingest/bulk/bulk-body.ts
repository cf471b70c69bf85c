import { readCreateLines } from '../../../ports/document-writer.ts';
import type { DocumentItem, Placed } from './bulk-item.ts';

/** Whether a text takes no more bytes in UTF-8. They are only counted where they may be too many: it takes as long as writing them. */
export const fits = (text: string, bytes: number): boolean =>
  3 * text.length <= bytes || Buffer.byteLength(text) <= bytes;

/**
 * The documents of a bulk request as the bytes that are sent, and where each comes from. Nothing else of them is kept: as strings and
 * objects, which live until the cluster has answered, they took three times the collector's time (measured).
 */
export class BulkBody {
  #buffer: Buffer;
  /** Where in the buffer each document begins, and where the last one ends. */
  readonly #bounds: number[];
  readonly #places: Placed[];

  private constructor(buffer: Buffer, bounds: number[], places: Placed[]) {
    this.#buffer = buffer;
    this.#bounds = bounds;
    this.#places = places;
  }

  /** @param room bytes that it is made for; it grows where it gets more */
  static empty(room: number): BulkBody {
    return new BulkBody(Buffer.allocUnsafe(room), [0], []);
  }

  /** Of documents. */
  get count(): number {
    return this.#places.length;
  }

  /** Two lines for each document, as `createLines` makes them. */
  get bytes(): Buffer {
    return this.#buffer.subarray(this.#bounds[0], this.#bounds.at(-1));
  }

  /** @returns the bytes of the lines */
  add(lines: string, place: Placed): number {
    const begin = this.#bounds.at(-1)!;
    if (!fits(lines, this.#buffer.length - begin)) {
      const grown = Buffer.allocUnsafe(2 * begin + Buffer.byteLength(lines));
      this.#buffer.copy(grown, 0, 0, begin);
      this.#buffer = grown;
    }
    const bytes = this.#buffer.write(lines, begin);
    this.#bounds.push(begin + bytes);
    this.#places.push(place);
    return bytes;
  }

  /** Makes it empty, with the same room. */
  clear(): void {
    this.#bounds.length = 1;
    this.#places.length = 0;
  }

  /** The documents from number `from` up to, not including, number `to`; they share their bytes with these. */
  part(from: number, to: number): BulkBody {
    return new BulkBody(this.#buffer, this.#bounds.slice(from, to + 1), this.#places.slice(from, to));
  }

  /** The documents of these numbers, in a body of their own. */
  only(numbers: readonly number[]): BulkBody {
    const picked = BulkBody.empty(numbers.reduce((sum, number) => sum + this.#linesOf(number).length, 0));
    for (const number of numbers) {
      const lines = this.#linesOf(number);
      const begin = picked.#bounds.at(-1)!;
      lines.copy(picked.#buffer, begin);
      picked.#bounds.push(begin + lines.length);
      picked.#places.push(this.#places[number]!);
    }
    return picked;
  }

  /** A document, read back. */
  item(number: number): DocumentItem {
    const { source, offset, part } = this.#places[number]!;
    return { source, offset, part, ...readCreateLines(this.#linesOf(number).toString()) };
  }

  #linesOf(number: number): Buffer {
    return this.#buffer.subarray(this.#bounds[number], this.#bounds[number + 1]);
  }
}
