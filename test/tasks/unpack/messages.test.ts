import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { encryptSessionKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { encrypt } from '../../../tasks/consolidate/encrypt.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { byteReader } from '../../../tasks/unpack/byte-reader.ts';
import { decrypt } from '../../../tasks/unpack/decrypt.ts';
import { packetBody, packetHeader } from '../../../tasks/unpack/packets.ts';
import { readDecryptionKey } from '../../../tasks/unpack/private-key.ts';
import { openVersion1, openVersion2 } from '../../../tasks/unpack/protected-data.ts';
import { now, publicKey, secretKey } from '../consolidate/staged.ts';
import { collected, inPieces } from './sealed.ts';

const secret = await readDecryptionKey(secretKey('v4-seipd2'));
const { keys } = await readRecipients(publicKey('v4-seipd2'), 'rfc9580', now);
const rfc9580 = await collected(encrypt(inPieces(randomBytes(100)), keys, 'rfc9580'));
const [sessionPacket, sessionKey] = await sessionKeyOf();

/** The first packet of a message and the session key in it. */
async function sessionKeyOf(): Promise<[Buffer, Uint8Array]> {
  const data = new Uint8Array(randomBytes(32));
  const packet = await encryptSessionKey({
    data,
    algorithm: 'aes256',
    encryptionKeys: [...keys],
    format: 'binary',
    config: { aeadProtect: false },
  });
  return [Buffer.from(packet), data];
}

describe('packets', () => {
  const opened = async (...bytes: number[]): Promise<[number, number] | undefined> => {
    const reader = byteReader(inPieces(Uint8Array.from(bytes), 1));
    const header = await packetHeader(reader);
    return header && [header.tag, (await collected(packetBody(reader, header))).byteLength];
  };
  const zeros = (count: number): number[] => Array<number>(count).fill(0);

  test.each<[string, number[], [number, number]]>([
    ['of the new format, one octet', [0xcb, 5, ...zeros(5)], [11, 5]],
    ['of the new format, two octets', [0xcb, 192, 1, ...zeros(193)], [11, 193]],
    ['of the new format, five octets', [0xcb, 255, 0, 0, 1, 0, ...zeros(256)], [11, 256]],
    ['of the new format, in parts', [0xcb, 0xe1, 0, 0, 0xe0, 0, 2, 0, 0], [11, 5]],
    ['of the old format, one octet', [0xac, 5, ...zeros(5)], [11, 5]],
    ['of the old format, two octets', [0xad, 1, 0, ...zeros(256)], [11, 256]],
    ['of the old format, four octets', [0xae, 0, 0, 0, 1, 0], [11, 1]],
    ['that are empty', [0xcb, 0], [11, 0]],
  ])('%s are read', async (_, bytes, expected) => {
    expect(await opened(...bytes)).toEqual(expected);
    await expect(opened(...bytes.slice(0, expected[1] > 0 ? -1 : 1))).rejects.toMatchObject({ name: 'VolumeCorrupt' });
  });

  test('that are none, or without a length, are refused', async () => {
    await expect(opened(0x4b, 0)).rejects.toMatchObject({ name: 'VolumeCorrupt' });
    await expect(opened(0xaf, 0)).rejects.toMatchObject({ name: 'VolumeCorrupt' });
    expect(await opened()).toBeUndefined();
  });
});

describe('a message that is well protected, but not what the format says', () => {
  /** Encrypts any octets as protected data of version 1, with a right integrity check. */
  function protectedBy(key: Uint8Array, plain: Uint8Array): Buffer {
    const cipher = createCipheriv('aes-256-cfb', key, Buffer.alloc(16));
    const random = randomBytes(16);
    const body = Buffer.concat([random, random.subarray(14), plain, Buffer.from([0xd3, 0x14])]);
    return cipher.update(Buffer.concat([body, createHash('sha1').update(body).digest()]));
  }
  const messageOf = (plain: Uint8Array): Buffer => {
    const data = protectedBy(sessionKey, plain);
    const header = Buffer.from([0xd2, 255, 0, 0, 0, 0, 1]);
    header.writeUInt32BE(data.byteLength + 1, 2);
    return Buffer.concat([sessionPacket, header, data]);
  };
  const literal = (text: string): Buffer => {
    const body = Buffer.concat([Buffer.from('b\0\0\0\0\0'), Buffer.from(text)]);
    return Buffer.concat([Buffer.from([0xcb, body.byteLength]), body]);
  };
  const read = async (message: Uint8Array): Promise<string> =>
    (await collected(decrypt(inPieces(message), secret, 'gpg'))).toString();

  test('reads, to begin with, a good one', async () => {
    expect(await read(messageOf(literal('hello')))).toBe('hello');
  });

  test.each<[string, Buffer, RegExp]>([
    ['compressed', Buffer.from([0xc8, 3, 0, 1, 2]), /decrypts to compressed data/],
    ['signed', Buffer.from([0xc4, 1, 3]), /decrypts to a one-pass signature/],
    ['padded', Buffer.concat([Buffer.from([0xd5, 1, 0]), literal('x')]), /decrypts to padding/],
    ['nothing', Buffer.alloc(0), /decrypts to nothing/],
    ['two packets', Buffer.concat([literal('x'), literal('y')]), /more than one packet: then comes literal/],
  ])('refuses one that is %s', async (_, plain, message) => {
    await expect(read(messageOf(plain))).rejects.toMatchObject({
      name: 'VolumeCorrupt',
      message: expect.stringMatching(message) as string,
    });
  });

  test('refuses data without integrity protection, another version, and what else may stand around', async () => {
    const good = messageOf(literal('x'));
    const data = good.subarray(sessionPacket.byteLength);
    const unprotected = Buffer.concat([sessionPacket, Buffer.from([0xc9, 20]), randomBytes(20)]);
    await expect(read(unprotected)).rejects.toThrow(/without integrity protection/);
    await expect(read(data)).rejects.toMatchObject({ name: 'DecryptionKeyUnusable' });
    await expect(read(Buffer.concat([good, Buffer.from([0xca, 3, 80, 71, 80])]))).rejects.toThrow(/comes a marker/);
    await expect(read(Buffer.concat([Buffer.from([0xca, 3, 80, 71, 80]), good]))).rejects.toThrow(
      /begins with a marker/,
    );
    await expect(read(rfc9580)).rejects.toThrow(/version 2 of the OpenPGP packet; profile gpg has version 1/);
    const huge = Buffer.from([0xc1, 255, 0xff, 0xff, 0xff, 0xff]);
    await expect(read(huge)).rejects.toThrow(/only encrypted session keys may stand/);
    const many = Buffer.concat([...Array<Buffer>(1001).fill(Buffer.from([0xc1, 1, 3])), data]);
    await expect(read(many)).rejects.toThrow(/more than 1000 recipients/);
  });

  test('refuses a session key that comes twice with different contents', async () => {
    const [other] = await sessionKeyOf();
    await expect(read(Buffer.concat([other, messageOf(literal('x'))]))).rejects.toThrow(/holds 2 session keys/);
  });

  test('refuses protected data that is too short', async () => {
    for (const bytes of [0, 1, 18, 39]) {
      const short = collected(openVersion1(inPieces(randomBytes(bytes)), randomBytes(32)));
      await expect(short).rejects.toMatchObject({ name: 'VolumeCorrupt' });
    }
  });

  test('refuses ciphers, modes and pieces of version 2 that volumes do not have, before it reads a piece', async () => {
    for (const [cipher, mode, size] of [
      [7, 3, 12],
      [9, 2, 12],
      [9, 3, 17],
      [9, 3, 56],
    ]) {
      const endless = async function* (): AsyncIterable<Uint8Array> {
        yield Buffer.concat([Buffer.from([cipher!, mode!, size!]), randomBytes(32)]);
        await Promise.resolve();
        throw new Error('a piece was read');
      };
      await expect(collected(openVersion2(endless(), sessionKey))).rejects.toThrow(/chunk size/);
    }
  });
});
