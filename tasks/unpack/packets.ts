import { VolumeCorrupt } from '../../workflow/errors.ts';
import type { ByteReader } from './byte-reader.ts';

/** Tags of OpenPGP packets: RFC 9580, section 5. */
export const packetTag = { sessionKey: 1, compressed: 8, literal: 11, protectedData: 18 } as const;

const names: Readonly<Record<number, string>> = {
  1: 'an encrypted session key',
  2: 'a signature',
  3: 'a passphrase-encrypted session key',
  4: 'a one-pass signature',
  8: 'compressed data',
  9: 'encrypted data without integrity protection',
  10: 'a marker',
  11: 'literal data',
  18: 'encrypted data with integrity protection',
  20: 'encrypted data of a draft (tag 20)',
  21: 'padding',
};
export const packetName = (tag: number): string => names[tag] ?? `a packet of tag ${tag}`;

/** Where a packet's body begins, and how long its first (or only) part is. */
export interface PacketHeader {
  readonly tag: number;
  readonly length: number;
  /** Another length follows after `length` bytes. */
  readonly partial: boolean;
}

/**
 * Reads a packet's header (RFC 9580, section 4.2; both header formats), or undefined at the end of the stream.
 * @throws VolumeCorrupt where there is no packet, its length is cut off, or indeterminate.
 */
export async function packetHeader(reader: ByteReader): Promise<PacketHeader | undefined> {
  const [first] = await reader.take(1);
  if (first === undefined) return undefined;
  if ((first & 0x80) === 0) throw new VolumeCorrupt('There is no OpenPGP packet where one must begin.');
  if ((first & 0x40) !== 0) return { tag: first & 0x3f, ...(await newLength(reader)) };
  const lengthType = first & 0x03;
  if (lengthType === 3) throw new VolumeCorrupt('An OpenPGP packet has an indeterminate length.');
  return { tag: (first >> 2) & 0x0f, length: await wholeNumber(reader, 2 ** lengthType), partial: false };
}

async function newLength(reader: ByteReader): Promise<{ length: number; partial: boolean }> {
  const first = await wholeNumber(reader, 1);
  if (first < 192) return { length: first, partial: false };
  if (first < 224) return { length: ((first - 192) << 8) + (await wholeNumber(reader, 1)) + 192, partial: false };
  if (first < 255) return { length: 2 ** (first & 0x1f), partial: true };
  return { length: await wholeNumber(reader, 4), partial: false };
}

async function wholeNumber(reader: ByteReader, bytes: number): Promise<number> {
  const taken = await reader.take(bytes);
  if (taken.byteLength < bytes) throw new VolumeCorrupt('The OpenPGP message ends within the header of a packet.');
  return taken.reduce((sum, byte) => sum * 256 + byte, 0);
}

/**
 * The body of a packet whose header was read, however many parts it comes in. Must be taken to its end before the reader is
 * asked for anything else.
 * @throws VolumeCorrupt where the stream ends before the body does.
 */
export async function* packetBody(reader: ByteReader, header: PacketHeader): AsyncIterable<Uint8Array> {
  let part: { length: number; partial: boolean } = header;
  for (;;) {
    for (let left = part.length; left > 0;) {
      const taken = await reader.some(left);
      if (!taken) throw new VolumeCorrupt(`The OpenPGP message ends within ${packetName(header.tag)}.`);
      left -= taken.byteLength;
      yield taken;
    }
    if (!part.partial) return;
    part = await newLength(reader);
  }
}
