import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { volumeKey } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { verifyArchive, type VerifiedArchive } from '../../archive/verify-archive.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { volumeContent } from './example-run.ts';
import { idOfDay } from './seal-example.ts';
import { fingerprintsOf, refused, sealStored, without } from './verify-example.ts';

const id = idOfDay(2);
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
  manifest = await sealStored(store, signer, id);
});

const verify = (changed: ObjectStore = store): Promise<VerifiedArchive> => verifyArchive(changed, id, { trusted, now });

describe('a volume', () => {
  const [first, second] = [volumeKey(id, 1), volumeKey(id, 2)];

  it('is refused when a newer version stands over it', async () => {
    await store.put(second, volumeContent(id, 2));
    await expect(verify()).rejects.toEqual(refused('VolumeNotAsSealed', second, 'stands over version'));
  });

  it('is refused when a delete marker stands over it', async () => {
    await store.delete([second]);
    await expect(verify()).rejects.toEqual(refused('VolumeNotAsSealed', second, 'delete marker'));
  });

  it('is refused when its version is gone', async () => {
    await expect(verify(without(store, ({ key }) => key === first))).rejects.toEqual(
      refused('VolumeNotAsSealed', first, 'no version'),
    );
    await store.put(first, volumeContent(id, 1));
    const { versionId } = manifest.volumes[0]!;
    const removed: ObjectStore = {
      ...without(store, (version) => version.versionId === versionId),
      head: (key, version) => (version === versionId ? Promise.resolve(undefined) : store.head(key, version)),
    };
    await expect(verify(removed)).rejects.toEqual(refused('VolumeNotAsSealed', first, versionId, 'is gone'));
  });

  it('is refused when it was swapped with another', async () => {
    const [one, two] = [await store.read(first), await store.read(second)];
    await store.put(first, two);
    await store.put(second, one);
    await expect(verify()).rejects.toEqual(refused('VolumeNotAsSealed', 'volume-0000'));
  });

  it('is refused when it is shorter or longer than the manifest says', async () => {
    const content = volumeContent(id, 1);
    store.overwrite(first, content.subarray(1));
    await expect(verify()).rejects.toEqual(refused('VolumeNotAsSealed', first, `${content.length - 1} bytes`));
    store.overwrite(first, Buffer.concat([content, Buffer.alloc(1)]));
    await expect(verify()).rejects.toEqual(refused('VolumeNotAsSealed', first, `${content.length + 1} bytes`));
  });

  it.each([
    ['not locked', undefined],
    ['GOVERNANCE', { mode: 'GOVERNANCE', until: new Date('2040-01-01') }],
    ['COMPLIANCE until 2026-04-01', { mode: 'COMPLIANCE', until: new Date('2026-04-01') }],
  ] as const)('is refused when it is %s before the end of its term', async (words, retention) => {
    const unlocked: ObjectStore = {
      ...store,
      head: async (key, versionId) => {
        const { retention: _replaced, ...facts } = (await store.head(key, versionId))!;
        return retention ? { ...facts, retention } : facts;
      },
    };
    await expect(verify(unlocked)).rejects.toEqual(refused('VolumeNotAsSealed', 'volume-0000', words));
  });
});
