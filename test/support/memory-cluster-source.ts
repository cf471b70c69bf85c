import { createHash } from 'node:crypto';

/** Reproducible ids and bytes from one seed. */
export class SeededSource {
  #drawn = 0;
  readonly #seed: string;
  constructor(seed: string) {
    this.#seed = seed;
  }
  /** A UUID as OpenSearch writes it: 22 characters of base64url; blob ids have 20. */
  id(characters: 20 | 22 = 22): string {
    return createHash('sha256').update(`${this.#seed}/${this.#drawn++}`).digest('base64url').slice(0, characters);
  }
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let state = createHash('sha256').update(`${this.#seed}/${this.#drawn++}`).digest().readUInt32LE() | 1;
    for (let at = 0; at < length; at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[at] = state & 0xff;
    }
    return bytes;
  }
}
