import { expect, it } from 'vitest';
import { appendLink } from '../../archive/catalogue.ts';
import { sha256Hex } from '../../archive/digest.ts';
import { chainLinkKey } from '../../archive/keys.ts';
import { verifyChain } from '../../archive/verify-chain.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { idOfDay, retainUntil } from './seal-example.ts';
import { fingerprintsOf } from './verify-example.ts';

it('is empty where nothing was ever sealed', async () => {
  const store = memoryObjectStore({ bucket: 'archive', versioned: true });
  expect(await verifyChain(store, { trusted: new Set() })).toEqual({ sealed: [], tip: undefined, warnings: [] });
});

it('is read a bounded number of files at a time, and comes back in order with its tip', async () => {
  const store = memoryObjectStore({ bucket: 'archive', versioned: true });
  const signer = memorySigner({ keyId: 'key-1' });
  const links = 30;
  for (let day = 1; day <= links; day++) {
    const checksumsSha256 = sha256Hex(Buffer.from(String(day)));
    await appendLink(store, signer, { archiveId: idOfDay(day), checksumsSha256, retainUntil });
  }
  let [reading, most, reads] = [0, 0, 0];
  const counted: ObjectStore = {
    ...store,
    async read(key, options) {
      reads += 1;
      most = Math.max(most, ++reading);
      try {
        return await store.read(key, options);
      } finally {
        reading -= 1;
      }
    },
  };
  const chain = await verifyChain(counted, { trusted: await fingerprintsOf(signer), parallelReads: 4 });
  expect(chain.sealed.map(({ archiveId }) => archiveId)).toEqual(
    Array.from({ length: links }, (_, n) => idOfDay(n + 1)),
  );
  expect(chain.tip).toEqual({ sequence: links, sha256: sha256Hex(await store.read(chainLinkKey(links))) });
  expect(most).toBe(4);
  // Link and signature of each, and the key; each of the four readers may have asked for the key before it was known.
  expect(reads).toBeGreaterThanOrEqual(2 * links + 1);
  expect(reads).toBeLessThanOrEqual(2 * links + 4);
});
