/** Reproducible chance: the same seed gives the same logs on every machine. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** As `pick`, but each item as often as its weight says. */
  weighted<Item>(items: readonly (readonly [item: Item, weight: number])[]): Item;
  hex(characters: number): string;
  /** Letters and digits, as AWS writes its ids. */
  alphanumeric(characters: number): string;
  uuid(): string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const digits = '0123456789abcdef';

/** sfc32 by Chris Doty-Humphrey (PractRand), seeded by a hash of the text. Not for anything secret. */
export function seededRandom(seed: string): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  for (let at = 0; at < seed.length; at++) {
    a = Math.imul(a ^ seed.charCodeAt(at), 0x01000193) >>> 0;
    b = Math.imul(b + a, 0x85ebca6b) >>> 0;
  }
  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) bits();

  const next = (): number => bits() / 2 ** 32;
  const whole = (below: number): number => Math.floor(next() * below);
  const text = (alphabet: string, characters: number): string => {
    let result = '';
    for (let at = 0; at < characters; at++) result += alphabet[bits() % alphabet.length] ?? '';
    return result;
  };
  const hex = (characters: number): string => text(digits, characters);
  return {
    next,
    whole,
    pick: (items) => items[whole(items.length)]!,
    weighted: (items) => {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      return (items.find(([, weight]) => (left -= weight) < 0) ?? items.at(-1)!)[0];
    },
    hex,
    alphanumeric: (characters) => text(letters, characters),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[whole(4)] ?? '8'}${hex(3)}-${hex(12)}`,
  };
}
