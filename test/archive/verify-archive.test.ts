import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appendLink, writeSeal } from '../../archive/catalogue.ts';
import { checksumsBytes, parseChecksums, type ChecksumEntry } from '../../archive/checksums.ts';
import { sha256Hex } from '../../archive/digest.ts';
import {
  chainLinkKey,
  chainSignatureKey,
  checksumsKey,
  checksumsSignatureKey,
  manifestKey,
  signingKeyKey,
  volumeKey,
} from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { verifyArchive, type VerifiedArchive } from '../../archive/verify-archive.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { idOfDay } from './seal-example.ts';
import { fingerprintsOf, refused, sealStored, seededNumbers, without } from './verify-example.ts';

const [before, id, after] = [idOfDay(1), idOfDay(2), idOfDay(3)];
const now = new Date('2026-03-01T00:00:00Z');
let signer: Signer;
let trusted: Set<string>;
let store: MemoryObjectStore;
let manifest: Manifest;

beforeAll(async () => {
  signer = memorySigner({ keyId: 'key-1' });
  trusted = await fingerprintsOf(signer);
});
beforeEach(async () => {
  store = memoryObjectStore({ bucket: 'archive', versioned: true });
  await sealStored(store, signer, before);
  manifest = await sealStored(store, signer, id);
  await sealStored(store, signer, after);
});

const verify = (changed: ObjectStore = store): Promise<VerifiedArchive> => verifyArchive(changed, id, { trusted, now });

describe('an archive as it was sealed', () => {
  it('is verified, and nothing but its manifest and link comes back', async () => {
    expect(await verify()).toEqual({
      manifest,
      link: { archiveId: id, sequence: 2, link: expect.objectContaining({ archiveId: id, sequence: 2 }) as unknown },
      warnings: [],
    });
  });

  it('is verified without reading a volume', async () => {
    for (const { key } of manifest.volumes) store.freeze(key, 'DEEP_ARCHIVE');
    await expect(verify()).resolves.toMatchObject({ manifest: { archiveId: id } });
  });

  it('is verified when its term and lock have ended', async () => {
    const unlocked: ObjectStore = {
      ...store,
      head: async (key, versionId) => {
        const { retention: _gone, ...facts } = (await store.head(key, versionId))!;
        return facts;
      },
    };
    await expect(verifyArchive(unlocked, id, { trusted, now: new Date('2028-01-01') })).resolves.toBeDefined();
  });

  it('does not depend on the volumes of other archives, which may have expired', async () => {
    const expired = without(store, ({ key }) => key.startsWith(`archives/${before}/`));
    await expect(verify(expired)).resolves.toBeDefined();
  });

  it('is verified after the signing key was replaced by another trusted one', async () => {
    const second = memorySigner({ keyId: 'key-2', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' });
    await sealStored(store, second, idOfDay(4));
    const both = await fingerprintsOf(signer, second);
    await expect(verifyArchive(store, idOfDay(4), { trusted: both, now })).resolves.toMatchObject({
      link: { sequence: 4 },
    });
    await expect(verify()).rejects.toEqual(refused('SignatureInvalid', chainLinkKey(4), 'not a trusted one'));
  });

  it('is refused when no trusted key is given', async () => {
    await expect(verifyArchive(store, id, { trusted: new Set(), now })).rejects.toMatchObject({
      name: 'SignatureInvalid',
    });
  });
});

describe('one flipped byte', () => {
  const files = {
    manifest: manifestKey(id),
    SHA256SUMS: checksumsKey(id),
    'signature of SHA256SUMS': checksumsSignatureKey(id),
    'chain link': chainLinkKey(2),
    'signature of the link': chainSignatureKey(2),
    "another archive's link": chainLinkKey(1),
    'signature of a later link': chainSignatureKey(3),
  };
  it.each(Object.entries(files))('of the %s is refused at each of 200 offsets', async (what, key) => {
    const original = await store.read(key);
    const offsets = seededNumbers(what.length, 200, original.length);
    const masks = seededNumbers(original.length, 200, 255);
    for (const [n, offset] of offsets.entries()) {
      const bytes = Uint8Array.from(original);
      bytes[offset]! ^= masks[n]! + 1;
      store.overwrite(key, bytes);
      await expect(verify(), `offset ${offset}`).rejects.toMatchObject({
        name: expect.stringMatching(/^(SignatureInvalid|SealConflict|FormatInvalid|ChainBroken)$/) as unknown,
        message: expect.stringContaining('catalog/') as unknown,
      });
    }
    store.overwrite(key, original);
    await expect(verify()).resolves.toBeDefined();
  });

  it('in the public key is refused', async () => {
    const key = signingKeyKey('key-1');
    const pem = Buffer.from(await store.read(key));
    pem[60]! ^= 1;
    store.overwrite(key, pem);
    await expect(verify()).rejects.toMatchObject({
      name: expect.stringMatching(/^(SignatureInvalid|FormatInvalid)$/) as unknown,
      message: expect.stringContaining('catalog/') as unknown,
    });
  });
});

describe('the chain', () => {
  it('is broken where a link was removed', async () => {
    for (const gone of [1, 2]) {
      const removed = without(store, ({ key }) => key.startsWith(chainLinkKey(gone)));
      await expect(verify(removed)).rejects.toEqual(refused('ChainBroken', `link ${gone} is missing`));
    }
  });

  it('is broken where the newest link was removed and its signature left', async () => {
    const removed = without(store, ({ key }) => key === chainLinkKey(3));
    await expect(verify(removed)).rejects.toEqual(refused('ChainBroken', chainSignatureKey(3), 'link 3 is missing'));
  });

  it('no longer seals an archive whose link was the newest and is gone with its signature', async () => {
    const removed = without(store, ({ key }) => key.startsWith(chainLinkKey(3)));
    await expect(verifyArchive(removed, after, { trusted, now })).rejects.toEqual(refused('ArchiveNotSealed', after));
  });

  it('no longer seals an archive whose link lost its signature', async () => {
    const removed = without(store, ({ key }) => key === chainSignatureKey(2));
    await expect(verify(removed)).rejects.toEqual(refused('ArchiveNotSealed', id));
  });

  it('is read through delete markers, which are reported', async () => {
    await store.delete([chainLinkKey(1), chainSignatureKey(2), chainLinkKey(3)]);
    const { warnings } = await verify();
    expect(warnings).toHaveLength(1);
    for (const key of [chainLinkKey(1), chainSignatureKey(2), chainLinkKey(3)]) expect(warnings[0]).toContain(key);
  });

  it('is read past later versions, which are reported', async () => {
    await store.put(chainLinkKey(2), await store.read(chainLinkKey(1)));
    expect((await verify()).warnings).toEqual([expect.stringContaining(chainLinkKey(2))]);
  });

  it('is broken where a link stands at the number of another', async () => {
    const [second, third] = [await store.read(chainLinkKey(2)), await store.read(chainLinkKey(3))];
    store.overwrite(chainLinkKey(2), third);
    store.overwrite(chainLinkKey(3), second);
    await expect(verify()).rejects.toEqual(refused('ChainBroken', chainLinkKey(2), 'link 3'));
  });

  it('is broken where an unsigned link was replaced by another', async () => {
    const link = Buffer.from(await store.read(chainLinkKey(1)));
    store.overwrite(chainLinkKey(1), Buffer.from(link.toString().replace('2026-02-01T00:00', '2026-02-01T00:01')));
    const unsigned = without(store, ({ key }) => key === chainSignatureKey(1));
    await expect(verify(unsigned)).rejects.toEqual(refused('ChainBroken', 'link 2', 'another link 1'));
  });

  it('has nothing to say of an archive that was never sealed', async () => {
    await expect(verifyArchive(store, idOfDay(9), { trusted, now })).rejects.toEqual(
      refused('ArchiveNotSealed', idOfDay(9)),
    );
  });
});

describe('the sealed files', () => {
  const setOf = (archiveId: string): string[] => [
    manifestKey(archiveId),
    checksumsKey(archiveId),
    checksumsSignatureKey(archiveId),
  ];

  it('are refused when an older signed set of the same archive stands in their place', async () => {
    const other = memoryObjectStore({ bucket: 'other', versioned: true });
    const older: Manifest = { ...manifest, tool: { ...manifest.tool, version: '0.0.9' } };
    await writeSeal(other, signer, older, now);
    for (const key of setOf(id)) store.overwrite(key, await other.read(key));
    await expect(verify()).rejects.toEqual(refused('SealConflict', checksumsKey(id), chainLinkKey(2)));
  });

  it("are refused when another archive's signed set stands in their place", async () => {
    for (const [n, key] of setOf(id).entries()) store.overwrite(key, await store.read(setOf(before)[n]!));
    await expect(verify()).rejects.toEqual(refused('SealConflict', checksumsKey(id), chainLinkKey(2)));
  });

  it('are refused when the manifest alone is exchanged', async () => {
    store.overwrite(manifestKey(id), await store.read(manifestKey(before)));
    await expect(verify()).rejects.toEqual(refused('SealConflict', manifestKey(id), checksumsKey(id)));
  });

  it('are the original versions; later ones and delete markers over them are reported', async () => {
    await store.put(manifestKey(id), await store.read(manifestKey(before)));
    await store.delete([checksumsKey(id)]);
    const { warnings, manifest: read } = await verify();
    expect(read).toEqual(manifest);
    expect(warnings).toEqual([expect.stringMatching(`${checksumsKey(id)}, .*${manifestKey(id)}`)]);
  });

  it.each<[string, (lines: ChecksumEntry[]) => ChecksumEntry[], string]>([
    [
      'lists another digest of a volume',
      ([one, two, three]) => [one!, { ...two!, sha256: one!.sha256 }, three!],
      volumeKey(id, 2),
    ],
    ['does not list a volume', ([one, , three]) => [one!, three!], volumeKey(id, 2)],
    ['lists one file more', (lines) => [...lines, { path: 'catalog/more', sha256: '0'.repeat(64) }], 'catalog/more'],
  ])('are refused, though signed and linked, when SHA256SUMS %s', async (_what, change, file) => {
    const sums = checksumsBytes(change(parseChecksums(await store.read(checksumsKey(id)))));
    const signed = memoryObjectStore({ bucket: 'archive', versioned: true });
    await signed.put(signingKeyKey('key-1'), Buffer.from(await signer.publicKeyPem()), { retainUntil: now });
    await signed.put(manifestKey(id), await store.read(manifestKey(id)));
    await signed.put(checksumsKey(id), sums);
    const checksumsSha256 = sha256Hex(sums);
    await signed.put(checksumsSignatureKey(id), await signer.sign(Buffer.from(checksumsSha256, 'hex')));
    await appendLink(signed, signer, { archiveId: id, checksumsSha256, retainUntil: now });
    await expect(verify(signed)).rejects.toEqual(
      refused('SealConflict', checksumsKey(id), manifestKey(id), 'disagree', file),
    );
  });

  it('are refused, though signed and linked, when the manifest is that of another archive', async () => {
    const foreign = await store.read(manifestKey(before));
    const sums = checksumsBytes([{ path: manifestKey(id), sha256: sha256Hex(foreign) }]);
    const signed = memoryObjectStore({ bucket: 'archive', versioned: true });
    await signed.put(manifestKey(id), foreign);
    await signed.put(checksumsKey(id), sums);
    await signed.put(checksumsSignatureKey(id), await signer.sign(Buffer.from(sha256Hex(sums), 'hex')));
    await appendLink(signed, signer, { archiveId: id, checksumsSha256: sha256Hex(sums), retainUntil: now });
    await expect(verify(signed)).rejects.toEqual(refused('SealConflict', manifestKey(id), before));
  });

  it('are refused when two signed links seal different files under one id', async () => {
    const chain = await verifyChain(store, { trusted });
    const [, own] = chain.sealed;
    const repeated = { ...own!, sequence: 4 };
    await expect(
      verifyArchive(store, id, { trusted, now, chain: { ...chain, sealed: [...chain.sealed, repeated] } }),
    ).resolves.toBeDefined();
    const other = { ...repeated, link: { ...own!.link, checksumsSha256: '0'.repeat(64) } };
    await expect(
      verifyArchive(store, id, { trusted, now, chain: { ...chain, sealed: [...chain.sealed, other] } }),
    ).rejects.toEqual(refused('SealConflict', chainLinkKey(2), chainLinkKey(4)));
  });

  it('are refused when everything was signed again with another key', async () => {
    const forger = memorySigner({ keyId: 'key-1' });
    const forged = memoryObjectStore({ bucket: 'archive', versioned: true });
    for (const archiveId of [before, id, after]) await sealStored(forged, forger, archiveId);
    await expect(verify(forged)).rejects.toEqual(
      refused('SignatureInvalid', 'catalog/chain/', 'key-1', 'not a trusted one'),
    );
    await expect(verifyArchive(forged, id, { trusted: await fingerprintsOf(forger), now })).resolves.toBeDefined();
  });

  it('are refused when SHA256SUMS alone was signed again with another key', async () => {
    const forger = memorySigner({ keyId: 'key-1' });
    const sums = await store.read(checksumsKey(id));
    store.overwrite(checksumsSignatureKey(id), await forger.sign(Buffer.from(sha256Hex(sums), 'hex')));
    await expect(verify()).rejects.toEqual(refused('SignatureInvalid', checksumsKey(id)));
  });

  it('are refused when a file of them was never written', async () => {
    const removed = without(store, ({ key }) => key === checksumsSignatureKey(id));
    await expect(verify(removed)).rejects.toEqual(refused('ObjectMissing', checksumsSignatureKey(id)));
  });
});
