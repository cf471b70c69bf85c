import { expect, test } from 'vitest';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { objectStoreContract } from './object-store.contract.ts';

objectStoreContract('the store in memory', () =>
  Promise.resolve({
    plain: memoryObjectStore({ bucket: 'plain' }),
    locked: memoryObjectStore({ bucket: 'locked', versioned: true }),
  }),
);

test('a frozen object has facts but cannot be read until it is thawed', async () => {
  const store = memoryObjectStore({ bucket: 'archive' });
  await store.put('volume', new Uint8Array(3));
  store.freeze('volume', 'DEEP_ARCHIVE');
  expect(await store.head('volume')).toMatchObject({ bytes: 3, storageClass: 'DEEP_ARCHIVE' });
  await expect(store.get('volume')).rejects.toMatchObject({ name: 'ObjectFrozen' });
  store.finishThaw('volume');
  expect(await store.read('volume')).toHaveLength(3);
});
