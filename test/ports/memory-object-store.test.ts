import { expect, test } from 'vitest';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { coldObjectContract } from './cold-object.contract.ts';
import { objectStoreContract } from './object-store.contract.ts';

objectStoreContract('the store in memory', () =>
  Promise.resolve({
    plain: memoryObjectStore({ bucket: 'plain' }),
    locked: memoryObjectStore({ bucket: 'locked', versioned: true }),
  }),
);

coldObjectContract('the store in memory', () => {
  const locked = memoryObjectStore({ bucket: 'locked', versioned: true });
  return Promise.resolve({
    locked,
    freeze: (key, storageClass) => {
      locked.freeze(key, storageClass);
      return Promise.resolve();
    },
  });
});

test('a thaw takes as many polls as asked, or until it is ended', async () => {
  const store = memoryObjectStore({ bucket: 'archive', versioned: true, thawPolls: Infinity });
  const { versionId = '' } = await store.put('volume', new Uint8Array(3));
  store.freeze('volume', 'DEEP_ARCHIVE');
  await store.thaw('volume', versionId, 'Bulk', 1);
  for (let poll = 0; poll < 5; poll++) expect(await store.head('volume')).toMatchObject({ access: 'thawing' });
  store.finishThaws();
  expect(await store.head('volume')).toMatchObject({ access: 'ready' });

  const slow = memoryObjectStore({ bucket: 'archive', thawPolls: 2 });
  await slow.put('volume', new Uint8Array(3));
  slow.freeze('volume');
  await slow.thaw('volume', '', 'Standard', 1);
  const seen = [];
  for (let poll = 0; poll < 3; poll++) seen.push((await slow.head('volume'))?.access);
  expect(seen).toEqual(['thawing', 'thawing', 'ready']);
});

test('a thawed copy expires, and is thawed again', async () => {
  let now = new Date('2026-01-01T12:00:00Z');
  const store = memoryObjectStore({ bucket: 'archive', thawPolls: 0, now: () => now });
  await store.put('volume', new Uint8Array(3));
  store.freeze('volume');
  await store.thaw('volume', '', 'Standard', 2);
  expect(await store.head('volume')).toMatchObject({ access: 'ready', thawedUntil: new Date('2026-01-04T00:00:00Z') });
  now = new Date('2026-01-04T00:00:00Z');
  expect(await store.head('volume')).toMatchObject({ access: 'frozen' });
  await expect(store.read('volume')).rejects.toMatchObject({ name: 'ObjectFrozen' });
  await store.thaw('volume', '', 'Standard', 2);
  expect(await store.head('volume')).toMatchObject({ access: 'ready' });
});

test('a test can bring a frozen object back at once', async () => {
  const store = memoryObjectStore({ bucket: 'archive' });
  await store.put('volume', new Uint8Array(3));
  store.freeze('volume', 'DEEP_ARCHIVE');
  store.finishThaw('volume');
  expect(await store.read('volume')).toHaveLength(3);
});
