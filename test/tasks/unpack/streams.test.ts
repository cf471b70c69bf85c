import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encrypt } from '../../../tasks/consolidate/encrypt.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { byteReader } from '../../../tasks/unpack/byte-reader.ts';
import { decrypt } from '../../../tasks/unpack/decrypt.ts';
import { readDecryptionKey } from '../../../tasks/unpack/private-key.ts';
import { untar } from '../../../tasks/unpack/untar.ts';
import { now, publicKey, secretKey } from '../consolidate/staged.ts';
import { collected, inPieces, tarOf } from './sealed.ts';

const secret = await readDecryptionKey(secretKey('v4-seipd2'));
const { keys } = await readRecipients(publicKey('v4-seipd2'), 'rfc9580', now);
const content = randomBytes(700_000);
const profiles = ['gpg', 'rfc9580'] as const;
const [gpg, rfc9580] = await Promise.all(
  profiles.map(async (profile) => await collected(encrypt(inPieces(content), keys, profile))),
);
const tarFile = await tarOf([
  ['one', content],
  ['two', content],
]);

async function* untarred(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const { body } of untar(source, { bytes: tarFile.byteLength, entries: 2 })) yield* body;
}
const stages: [string, Buffer, (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>, Buffer][] = [
  ['decrypt (gpg)', gpg!, (source) => decrypt(source, secret, 'gpg'), content],
  ['decrypt (rfc9580)', rfc9580!, (source) => decrypt(source, secret, 'rfc9580'), content],
  ['untar', tarFile, untarred, Buffer.concat([content, content])],
];

describe.each(stages)('the stage %s', (_, input, stage, output) => {
  test.each([101, 511, 512, 513, 100_000, 10_000_000])('gives the same for pieces of %i bytes', async (pieceBytes) => {
    expect((await collected(stage(inPieces(input, pieceBytes)))).equals(output)).toBe(true);
  });

  test('fails with the error of a source that dies midway', async () => {
    const failure = new Error('the source died');
    const dying = async function* (): AsyncIterable<Uint8Array> {
      yield* inPieces(input.subarray(0, input.byteLength / 2), 1000);
      throw failure;
    };
    await expect(collected(stage(dying()))).rejects.toBe(failure);
  });

  test('leaves its source when the consumer stops reading', async () => {
    let left = false;
    let given = 0;
    const watched = async function* (): AsyncIterable<Uint8Array> {
      try {
        for await (const piece of inPieces(input, 1000)) {
          given += 1;
          yield piece;
        }
      } finally {
        left = true;
      }
    };
    for await (const first of stage(watched())) {
      expect(first.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(left).toBe(true);
    expect(given).toBeLessThan(400);
  });
});

test.each(profiles)('decrypt (%s) takes a message byte by byte', async (profile) => {
  const small = content.subarray(0, 3000);
  const message = await collected(encrypt(inPieces(small), keys, profile));
  expect((await collected(decrypt(inPieces(message, 1), secret, profile))).equals(small)).toBe(true);
});

describe('untar', () => {
  test('refuses to go on behind an entry that was not read', async () => {
    const skipping = async (): Promise<void> => {
      for await (const _ of untar(inPieces(tarFile), { bytes: tarFile.byteLength, entries: 2 })) continue;
    };
    await expect(skipping()).rejects.toMatchObject({ name: 'VolumeCorrupt' });
  });
});

describe('the byte reader', () => {
  test('gives what was asked for, however the source comes', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 });
    const asks = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(pieces, asks, async (given, wanted) => {
        const whole = Buffer.concat(given);
        const source = async function* (): AsyncIterable<Uint8Array> {
          await Promise.resolve();
          yield* given;
        };
        const reader = byteReader(source());
        let at = 0;
        for (const bytes of wanted) {
          const taken = await reader.take(bytes);
          expect(Buffer.compare(taken, whole.subarray(at, at + bytes))).toBe(0);
          at += taken.byteLength;
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
