import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  appendLink,
  chainTip,
  findLink,
  readLink,
  readManifest,
  readSealedManifest,
  walkSealed,
} from '../../archive/catalogue.ts';
import { sha256Hex } from '../../archive/digest.ts';
import { chainLinkKey, chainSignatureKey, checksumsKey, manifestKey, signingKeyKey } from '../../archive/keys.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import type { Signer } from '../../ports/signer.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { idOfDay, retainUntil, seal } from './seal-example.ts';

let store: MemoryObjectStore;
let signer: Signer;
beforeEach(() => {
  store = memoryObjectStore({ bucket: 'archive', versioned: true });
  signer = memorySigner({ keyId: 'key-1' });
});

const walked = async (options?: Parameters<typeof walkSealed>[1]): Promise<string[]> =>
  (await Array.fromAsync(walkSealed(store, options))).map(({ archiveId }) => archiveId);
const sealDays = async (...days: number[]): Promise<void> => {
  for (const day of days) await seal(store, signer, idOfDay(day), new Date(Date.UTC(2026, 0, day, 5)));
};
/** A seal that was cut short after the link and before its signature. */
const leaveUnsigned = async (id: string): Promise<void> => {
  const dying: Signer = { ...signer, sign: () => Promise.reject(new Error('killed')) };
  const link = { archiveId: id, checksumsSha256: sha256Hex(Buffer.from('sums')), retainUntil };
  await expect(appendLink(store, dying, link)).rejects.toThrow('killed');
};

describe('the catalogue', () => {
  it('is empty before the first seal', async () => {
    expect(await chainTip(store)).toBeUndefined();
    expect(await walked()).toEqual([]);
    expect(await findLink(store, idOfDay(1))).toBeUndefined();
    await expect(readLink(store, 1)).rejects.toMatchObject({ name: 'ObjectMissing' });
    await expect(readManifest(store, idOfDay(1))).rejects.toMatchObject({ name: 'ObjectMissing' });
  });

  it('walks sealed archives, newest first', async () => {
    await sealDays(1, 2, 3);
    expect(await walked()).toEqual([3, 2, 1].map(idOfDay));
    expect((await chainTip(store))?.sequence).toBe(3);
    expect((await findLink(store, idOfDay(2)))?.sequence).toBe(2);
    expect((await readLink(store, 1)).link).toMatchObject({ archiveId: idOfDay(1), previousLinkSha256: null });
  });

  it('ends the walk where older archives begin, and finds an old one that was sealed late', async () => {
    await sealDays(1, 2, 10, 20);
    await seal(store, signer, idOfDay(3), new Date(Date.UTC(2026, 0, 25)));
    const reads: string[] = [];
    const watched = {
      ...store,
      read: (...args: Parameters<typeof store.read>) => (reads.push(args[0]), store.read(...args)),
    };
    const since = async (day: number): Promise<string[]> =>
      (await Array.fromAsync(walkSealed(watched, { notBefore: new Date(Date.UTC(2026, 0, day)) }))).map(
        (a) => a.archiveId,
      );
    expect(await since(15)).toEqual([idOfDay(20)]);
    expect(reads).not.toContain(chainLinkKey(2));
    expect(await since(3)).toEqual([3, 20, 10].map(idOfDay));
    expect((await findLink(store, idOfDay(3)))?.sequence).toBe(5);
  });

  it('does not count an archive whose link has no signature, and goes on past it', async () => {
    await sealDays(1);
    await leaveUnsigned(idOfDay(2));
    await sealDays(3);
    expect(await walked()).toEqual([3, 1].map(idOfDay));
    expect(await findLink(store, idOfDay(2))).toBeUndefined();
    expect((await readLink(store, 3)).link.previousLinkSha256).toBe((await readLink(store, 2)).sha256);
  });

  it('is not deceived by delete markers or later versions', async () => {
    await sealDays(1, 2);
    await store.delete([chainLinkKey(2), chainSignatureKey(2), manifestKey(idOfDay(2)), checksumsKey(idOfDay(2))]);
    await store.put(chainLinkKey(1), Buffer.from('{}'));
    await store.put(signingKeyKey('key-1'), Buffer.from(await memorySigner().publicKeyPem()));
    expect(await walked()).toEqual([2, 1].map(idOfDay));
    const sealed = await findLink(store, idOfDay(2));
    expect((await readSealedManifest(store, sealed!)).archiveId).toBe(idOfDay(2));
  });

  it('does not need volumes, which expire', async () => {
    await sealDays(1, 2);
    await store.delete((await Array.fromAsync(store.list('archives/'))).map(({ key }) => key));
    expect(await walked()).toEqual([2, 1].map(idOfDay));
  });

  it('passes over files of other names among the links', async () => {
    await sealDays(1);
    for (const name of ['README', '1.json', '00000000.json', '00000001.json.bak', 'x/00000002.json']) {
      await store.put(`catalog/chain/${name}`, Buffer.from('x'));
    }
    expect(await walked()).toEqual([idOfDay(1)]);
  });

  it.each([
    [
      'a link was altered',
      (at: MemoryObjectStore) => alter(at, chainLinkKey(2), '"logdata-2026-01-02', '"logdata-2026-01-07'),
      'ChainBroken',
    ],
    [
      'the newest link was altered',
      (at: MemoryObjectStore) => alter(at, chainLinkKey(3), 't02-00-00-', 't02-00-01-'),
      'SignatureInvalid',
    ],
    [
      'a signature is of another link',
      (at: MemoryObjectStore) => copy(at, chainSignatureKey(1), chainSignatureKey(2)),
      'SignatureInvalid',
    ],
    [
      'a link stands at another number',
      (at: MemoryObjectStore) => copy(at, chainLinkKey(1), chainLinkKey(2)),
      'ChainBroken',
    ],
    [
      'a link is no link',
      (at: MemoryObjectStore) => alter(at, chainLinkKey(2), '"sequence"', '"number"'),
      'FormatInvalid',
    ],
  ] as const)('is refused when %s', async (_, harm, name) => {
    await sealDays(1, 2, 3);
    await harm(store);
    await expect(walked()).rejects.toMatchObject({ name });
  });

  it('is refused when a link is missing', async () => {
    await sealDays(1, 2, 3);
    const gap: MemoryObjectStore = {
      ...store,
      async *listVersions(prefix) {
        for await (const version of store.listVersions(prefix)) if (version.key !== chainLinkKey(2)) yield version;
      },
    };
    await expect(chainTip(gap)).rejects.toMatchObject({ name: 'ChainBroken', message: 'Chain link 2 is missing' });
  });

  it('believes only trusted keys when told which', async () => {
    await sealDays(1);
    const fingerprint = keyFingerprint(await signer.publicKeyPem());
    expect(await walked({ trusted: new Set([fingerprint]) })).toEqual([idOfDay(1)]);
    await expect(walked({ trusted: new Set([fingerprint.replace(/^./, 'x')]) })).rejects.toMatchObject({
      name: 'SignatureInvalid',
    });
  });

  it('reads a manifest only as it was sealed', async () => {
    await sealDays(1);
    const sealed = (await findLink(store, idOfDay(1)))!;
    expect(await readSealedManifest(store, sealed)).toEqual(await readManifest(store, idOfDay(1)));
    await alter(store, manifestKey(idOfDay(1)), '"count":10', '"count":11');
    await expect(readSealedManifest(store, sealed)).rejects.toMatchObject({ name: 'SealConflict' });
    await alter(store, checksumsKey(idOfDay(1)), 'a', 'b');
    await expect(readSealedManifest(store, sealed)).rejects.toMatchObject({ name: 'SealConflict' });
  });

  it('links each file to the digest of the one before it', async () => {
    await sealDays(1, 2);
    const first = await store.read(chainLinkKey(1));
    const digest = createHash('sha256').update(first).digest('hex');
    expect((await readLink(store, 2)).link.previousLinkSha256).toBe(digest);
  });
});

async function alter(at: MemoryObjectStore, key: string, from: string, to: string): Promise<void> {
  const text = Buffer.from(await at.read(key)).toString();
  expect(text).toContain(from);
  at.overwrite(key, Buffer.from(text.replace(from, to)));
}

async function copy(at: MemoryObjectStore, from: string, to: string): Promise<void> {
  at.overwrite(to, await at.read(from));
}
