import canonicalize from 'canonicalize';
import { FormatInvalid } from '../workflow/errors.ts';

/**
 * The bytes of a JSON file of the archive: RFC 8785 (JSON Canonicalization Scheme), UTF-8, and one line feed at the end.
 * Equal values have equal bytes, whatever the order in which their members were set.
 * @throws FormatInvalid for what JSON cannot carry (NaN, infinities, lone surrogates, nothing at all).
 */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${canonicalText(value)}\n`);
}

/** The same without the line feed: what is hashed where a digest stands for a JSON value and not for a file. */
export function canonicalText(value: unknown): string {
  try {
    const text = canonicalize(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new FormatInvalid('The value cannot be written as canonical JSON', { cause });
  }
  throw new FormatInvalid('The value cannot be written as canonical JSON: it is undefined');
}
