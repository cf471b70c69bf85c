import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { appendLink, chainTip, sealArchive, walkSealed, writeSeal } from '../../archive/catalogue.ts';
import { verifyLinks } from '../../archive/chain.ts';
import {
  chainLinkKey,
  chainSignatureKey,
  checksumsKey,
  checksumsSignatureKey,
  manifestKey,
  signingKeyKey,
} from '../../archive/keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { exampleManifest, idOfDay, retainUntil, seal } from './seal-example.ts';

const id = idOfDay(1);
let store: MemoryObjectStore;
let signer: Signer;
beforeEach(() => {
  store = memoryObjectStore({ bucket: 'archive', versioned: true });
  signer = memorySigner({ keyId: 'key-1' });
});

const versions = async (): Promise<string[]> =>
  (await Array.fromAsync(store.listVersions('catalog/'))).map(({ key, versionId }) => `${key} ${versionId}`);
const sealed = async (): Promise<string[]> =>
  (await Array.fromAsync(walkSealed(store))).map(({ archiveId }) => archiveId);

/** The store, but its n-th write of the catalogue fails: before the object is stored, or after, when only the answer is lost. */
function failing(n: number, when: 'before' | 'after'): ObjectStore {
  let writes = 0;
  return {
    ...store,
    async put(...args) {
      writes += 1;
      if (writes === n && when === 'before') throw new Error('connection reset');
      const answer = await store.put(...args);
      if (writes === n) throw new Error('connection reset');
      return answer;
    },
  };
}

describe('sealing an archive', () => {
  it.each(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'] as const)(
    'writes files that openssl and sha256sum accept, %s',
    async (algorithm) => {
      await seal(store, memorySigner({ algorithm, keyId: 'key-1' }), id);
      const folder = mkdtempSync(join(tmpdir(), 'seal-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      for await (const { key } of store.list('')) {
        mkdirSync(dirname(join(folder, key)), { recursive: true });
        writeFileSync(join(folder, key), await store.read(key));
      }
      const run = (command: string, ...args: string[]): string =>
        execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
      const verify = (file: string): string =>
        run('openssl', 'dgst', '-sha256', '-verify', signingKeyKey('key-1'), '-signature', `${file}.sig`, file);
      expect(verify(checksumsKey(id))).toBe('Verified OK\n');
      expect(verify(chainLinkKey(1))).toBe('Verified OK\n');
      expect(run('sha256sum', '-c', '--strict', checksumsKey(id))).toBe(
        `archives/${id}/volume-00001.tar.pgp: OK\narchives/${id}/volume-00002.tar.pgp: OK\n${manifestKey(id)}: OK\n`,
      );
      const link = JSON.parse(run('cat', chainLinkKey(1))) as { checksumsSha256: string };
      expect(run('sha256sum', checksumsKey(id))).toBe(`${link.checksumsSha256}  ${checksumsKey(id)}\n`);
    },
  );

  it('locks every file until the end of the retention', async () => {
    await seal(store, signer, id);
    const keys = (await Array.fromAsync(store.list('catalog/'))).map(({ key }) => key);
    expect(keys).toHaveLength(6);
    for (const key of keys) {
      expect((await store.head(key))?.retention).toEqual({ mode: 'COMPLIANCE', until: retainUntil });
    }
  });

  it("lengthens the lock of the signing key's file with a later archive, never shortens it", async () => {
    const later = new Date('2040-01-01T00:00:00.000Z');
    await seal(store, signer, id);
    await sealArchive(store, signer, await exampleManifest(signer, idOfDay(2)), later);
    await seal(store, signer, idOfDay(3));
    expect((await store.head(signingKeyKey('key-1')))?.retention?.until).toEqual(later);
  });

  it('changes nothing when repeated, though ECDSA signatures differ each time', async () => {
    const manifest = await exampleManifest(signer, id);
    const first = await sealArchive(store, signer, manifest, retainUntil);
    const before = await versions();
    expect(await sealArchive(store, signer, manifest, retainUntil)).toEqual(first);
    expect(await versions()).toEqual(before);
  });

  it.each(Array.from({ length: 6 }, (_, n) => n + 1).flatMap((n) => [[n, 'before'] as const, [n, 'after'] as const]))(
    'cut short at write %i, %s it was stored, it is finished by the next attempt',
    async (n, when) => {
      const manifest = await exampleManifest(signer, id);
      await expect(sealArchive(failing(n, when), signer, manifest, retainUntil)).rejects.toThrow('connection reset');
      expect(await sealed()).toEqual(n === 6 && when === 'after' ? [id] : []);
      expect(await sealArchive(store, signer, manifest, retainUntil)).toMatchObject({ sequence: 1 });
      expect(await sealed()).toEqual([id]);
      expect((await versions()).map((line) => line.split(' ')[0])).toEqual(
        [
          manifestKey(id),
          checksumsKey(id),
          checksumsSignatureKey(id),
          chainLinkKey(1),
          chainSignatureKey(1),
          signingKeyKey('key-1'),
        ].toSorted(),
      );
    },
  );

  it('keeps the manifest that an earlier version of the tool wrote', async () => {
    const manifest = await exampleManifest(signer, id);
    const first = await writeSeal(store, signer, manifest, retainUntil);
    const newer = { ...manifest, tool: { name: 'permafrost', version: '9.9.9' } };
    expect(await writeSeal(store, signer, newer, retainUntil)).toEqual(first);
  });

  it('is refused over another manifest, checksum list or signature', async () => {
    const manifest = await exampleManifest(signer, id);
    await writeSeal(store, signer, manifest, retainUntil);
    const again = (change = {}): Promise<unknown> => writeSeal(store, signer, { ...manifest, ...change }, retainUntil);
    await expect(again({ cluster: { ...manifest.cluster, name: 'x' } })).rejects.toMatchObject({
      name: 'SealConflict',
    });
    store.overwrite(checksumsSignatureKey(id), Buffer.from('forged'));
    await expect(again()).rejects.toMatchObject({ name: 'SignatureInvalid' });
    store.overwrite(checksumsKey(id), Buffer.from('x'));
    await expect(again()).rejects.toMatchObject({ name: 'SealConflict' });
  });

  it('is refused with another signing key than the one it began with', async () => {
    const manifest = await exampleManifest(signer, id);
    await writeSeal(store, signer, manifest, retainUntil);
    const other = memorySigner({ keyId: 'key-2' });
    await expect(writeSeal(store, other, manifest, retainUntil)).rejects.toMatchObject({ name: 'SignerUnusable' });
    await expect(writeSeal(store, other, await exampleManifest(other, id), retainUntil)).rejects.toMatchObject({
      name: 'SignerUnusable',
    });
  });

  it('stores no signature that does not fit the public key', async () => {
    const broken: Signer = { ...signer, sign: (digest) => memorySigner().sign(digest) };
    await expect(seal(store, broken, id)).rejects.toMatchObject({ name: 'SignerUnusable' });
    expect(await store.head(checksumsSignatureKey(id))).toBeUndefined();
  });

  it('gives an archive one link only, and refuses it over another SHA256SUMS', async () => {
    await seal(store, signer, id);
    await seal(store, signer, idOfDay(2));
    const link = { archiveId: id, checksumsSha256: 'f'.repeat(64), retainUntil };
    await expect(appendLink(store, signer, link)).rejects.toMatchObject({ name: 'SealConflict' });
    expect((await chainTip(store))?.sequence).toBe(2);
  });

  it('takes no number again whose link is hidden by a delete marker', async () => {
    await seal(store, signer, id);
    await store.delete([chainLinkKey(1)]);
    expect(await seal(store, signer, idOfDay(2))).toMatchObject({ sequence: 2 });
  });

  it('gives racing archives a number each, in an unbroken chain', async () => {
    const days = Array.from({ length: 12 }, (_, n) => n + 1);
    await Promise.all(days.map((day) => seal(store, signer, idOfDay(day))));
    const files = await Promise.all(
      days.map(async (sequence) => ({
        bytes: await store.read(chainLinkKey(sequence)),
        signature: await store.read(chainSignatureKey(sequence)),
      })),
    );
    const pem = await signer.publicKeyPem();
    const links = verifyLinks(files, () => pem);
    expect(links.map(({ link }) => link.archiveId).toSorted()).toEqual(days.map(idOfDay));
    expect(links.every((link) => link.sealed)).toBe(true);
  });

  it('gives two attempts at one archive, at the same time, one link', async () => {
    const manifest = await exampleManifest(signer, id);
    const both = await Promise.all([1, 2].map(() => sealArchive(store, signer, manifest, retainUntil)));
    expect(both[0]).toEqual(both[1]);
    expect((await chainTip(store))?.sequence).toBe(1);
    expect(new Set(await versions()).size).toBe(6);
  });
});

describe('checking a stretch of the chain', () => {
  it('accepts one that begins in the middle, and marks a link without signature', async () => {
    for (const day of [1, 2, 3]) await seal(store, signer, idOfDay(day));
    const bytes = await Promise.all([2, 3].map((n) => store.read(chainLinkKey(n))));
    const signature = await store.read(chainSignatureKey(2));
    const pem = await signer.publicKeyPem();
    const links = verifyLinks([{ bytes: bytes[0]!, signature }, { bytes: bytes[1]! }], () => pem);
    expect(links.map(({ link, sealed }) => [link.sequence, sealed])).toEqual([
      [2, true],
      [3, false],
    ]);
    const check =
      (...files: Uint8Array[]) =>
      () =>
        verifyLinks(
          files.map((file) => ({ bytes: file })),
          () => pem,
        );
    expect(check(bytes[1]!, bytes[0]!)).toThrow(expect.objectContaining({ name: 'ChainBroken' }));
    const altered = Buffer.from(Buffer.from(bytes[0]!).toString().replace('t02-00-00', 't02-00-01'));
    expect(check(altered, bytes[1]!)).toThrow(expect.objectContaining({ name: 'ChainBroken' }));
  });
});
