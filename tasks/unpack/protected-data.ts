import { createDecipheriv, createHash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { VolumeCorrupt } from '../../workflow/errors.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';

/**
 * Decryption of integrity protected data (RFC 9580, section 5.13), streaming: what is given is NOT authenticated before the
 * stream has ended without an error. The body starts behind the version octet.
 */

const blockBytes = 16;
const tagBytes = 16;
/** The first block, and the repetition of its last two octets. */
const prefixBytes = blockBytes + 2;
/** Header of the modification detection code packet, and its SHA-1. */
const codeBytes = 22;

/** What was encrypted has been altered or cut off: a code at its end, or in each piece of it, says so. */
const altered = (why: string): VolumeCorrupt =>
  new VolumeCorrupt(`The integrity check of the OpenPGP message fails: ${why}.`);

/** Version 1 with AES-256: CFB, with a SHA-1 over all plaintext at its end (5.13.1). */
export async function* openVersion1(body: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncIterable<Uint8Array> {
  const decipher = createDecipheriv('aes-256-cfb', key, Buffer.alloc(blockBytes));
  const hash = createHash('sha1');
  let skip = prefixBytes;
  /** The end of what was decrypted: the code, if nothing follows. */
  let last: Uint8Array = Buffer.alloc(0);

  function* settle(plain: Uint8Array): Iterable<Uint8Array> {
    hash.update(plain);
    const given = plain.subarray(Math.min(skip, plain.byteLength));
    skip -= plain.byteLength - given.byteLength;
    if (given.byteLength > 0) yield given;
  }

  for await (const chunk of body) {
    const plain = decipher.update(chunk);
    if (plain.byteLength >= codeBytes) {
      yield* settle(last);
      yield* settle(plain.subarray(0, -codeBytes));
      // A copy, so that 22 bytes do not keep a whole chunk alive.
      last = Uint8Array.from(plain.subarray(-codeBytes));
    } else {
      const joined = Buffer.concat([last, plain]);
      const end = Math.max(joined.byteLength - codeBytes, 0);
      yield* settle(joined.subarray(0, end));
      last = joined.subarray(end);
    }
  }
  if (skip > 0 || last.byteLength < codeBytes) throw altered('it is too short');
  const digest = hash.update(last.subarray(0, 2)).digest();
  const code = Buffer.concat([Buffer.from([0xd3, 0x14]), digest]);
  if (!timingSafeEqual(code, last)) throw altered('its modification detection code does not fit');
}

/** RFC 9580, section 9.3 and 9.6. */
const aes256 = 9;
const gcm = 3;
/** The largest that a writer may choose is 4 MiB (5.13.2): a larger one would have to be held in memory whole. */
const largestChunkOctet = 16;

export const version2HeaderBytes = 35;

/** Version 2 with AES-256 in GCM: pieces with a tag each, and a last tag over their number of bytes (5.13.2). */
export async function* openVersion2(
  body: AsyncIterable<Uint8Array>,
  sessionKey: Uint8Array,
): AsyncIterable<Uint8Array> {
  const reader = byteReader(body);
  try {
    yield* pieces(reader, sessionKey);
  } finally {
    await reader.leave();
  }
}

async function* pieces(reader: ByteReader, sessionKey: Uint8Array): AsyncIterable<Uint8Array> {
  const header = await reader.take(version2HeaderBytes);
  const [cipher, mode, chunkOctet = 0] = header;
  if (header.byteLength < version2HeaderBytes) throw altered('it is too short');
  if (cipher !== aes256 || mode !== gcm || chunkOctet > largestChunkOctet)
    throw new VolumeCorrupt(
      `The OpenPGP message uses cipher ${cipher}, AEAD mode ${mode} and chunk size ${chunkOctet}; volumes use AES-256 (9), GCM (3), at most 16.`,
    );
  const pieceBytes = 2 ** (chunkOctet + 6) + tagBytes;
  const aad = Buffer.from([0xd2, 2, cipher, mode, chunkOctet]);
  const derived = Buffer.from(hkdfSync('sha256', sessionKey, header.subarray(3), aad, 32 + 4));
  let number = 0n;
  let plainBytes = 0n;

  /** Throws unless the tag fits. */
  function open(encrypted: Uint8Array, tag: Uint8Array, context: Uint8Array): Uint8Array {
    const nonce = Buffer.alloc(12);
    derived.copy(nonce, 0, 32);
    nonce.writeBigUInt64BE(number, 4);
    const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), nonce, { authTagLength: tagBytes });
    decipher.setAAD(context).setAuthTag(tag);
    const plain = decipher.update(encrypted);
    try {
      decipher.final();
    } catch {
      throw altered(`piece ${number + 1n} does not fit its tag`);
    }
    return plain;
  }

  // The last tag looks like the end of a piece until nothing follows it.
  let held = await reader.take(tagBytes);
  for (;;) {
    const next = await reader.take(pieceBytes);
    if (next.byteLength === 0) break;
    const joined = Buffer.concat([held, next]);
    const piece = joined.subarray(0, -tagBytes);
    held = Uint8Array.from(joined.subarray(-tagBytes));
    if (piece.byteLength < tagBytes) throw altered('it is cut off');
    const plain = open(piece.subarray(0, -tagBytes), piece.subarray(-tagBytes), aad);
    plainBytes += BigInt(plain.byteLength);
    number += 1n;
    if (plain.byteLength > 0) yield plain;
  }
  if (held.byteLength < tagBytes) throw altered('it is too short');
  const total = Buffer.alloc(8);
  total.writeBigUInt64BE(plainBytes);
  open(Buffer.alloc(0), held, Buffer.concat([aad, total]));
}
