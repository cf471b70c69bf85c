/** What every object store with storage classes must do: facts, refusal and thaw of cold objects. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ObjectFacts, ObjectStore } from '../../ports/object-store.ts';

export interface ColdStoreUnderTest {
  /** An empty, versioned bucket. */
  readonly locked: ObjectStore;
  /** Makes the newest version of a key cold. */
  freeze(key: string, storageClass: 'GLACIER' | 'DEEP_ARCHIVE'): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = async (store: ObjectStore, key: string, versionId: string): Promise<string> =>
  Buffer.from(await store.read(key, { versionId })).toString();
const day = 24 * 3600 * 1000;

/** `make` gives a fresh, empty bucket for each test. */
export function coldObjectContract(name: string, make: () => Promise<ColdStoreUnderTest>): void {
  describe(`${name}: a cold object`, () => {
    let given: ColdStoreUnderTest;
    let locked: ObjectStore;
    beforeEach(async () => {
      given = await make();
      ({ locked } = given);
    });
    const thawed = async (key: string, versionId: string): Promise<ObjectFacts | undefined> => {
      for (let poll = 0; poll < 100; poll++) {
        const facts = await locked.head(key, versionId);
        if (facts?.access !== 'thawing') return facts;
        await sleep(50);
      }
      throw new RangeError(`${key} is still thawing`);
    };

    test('has facts and cannot be read until it is thawed, for the days that were asked for', async () => {
      const { versionId = '' } = await locked.put('volume', bytes('cold'));
      expect(await locked.head('volume')).toMatchObject({ access: 'ready', storageClass: 'STANDARD' });
      await given.freeze('volume', 'GLACIER');
      const frozen = await locked.head('volume', versionId);
      expect(frozen).toMatchObject({ bytes: 4, access: 'frozen', storageClass: 'GLACIER' });
      expect(frozen).not.toHaveProperty('thawedUntil');
      await expect(locked.get('volume', { versionId })).rejects.toMatchObject({ name: 'ObjectFrozen' });

      await locked.thaw('volume', versionId, 'Expedited', 2);
      await expect(locked.read('volume', { versionId })).rejects.toMatchObject({ name: 'ObjectFrozen' });
      expect(await locked.head('volume', versionId)).toMatchObject({ access: 'thawing', storageClass: 'GLACIER' });
      await locked.thaw('volume', versionId, 'Standard', 2);
      const ready = await thawed('volume', versionId);
      expect(ready).toMatchObject({ access: 'ready', storageClass: 'GLACIER' });
      const days = ((ready?.thawedUntil?.getTime() ?? 0) - Date.now()) / day;
      expect(days).toBeGreaterThan(1.9);
      expect(days).toBeLessThan(3.1);
      expect(await text(locked, 'volume', versionId)).toBe('cold');

      await locked.thaw('volume', versionId, 'Bulk', 9);
      const longer = await locked.head('volume', versionId);
      expect(longer?.access).toBe('ready');
      expect(longer?.thawedUntil?.getTime()).toBeGreaterThan(ready?.thawedUntil?.getTime() ?? 0);
    });

    test('of the deep archive is not thawed in minutes', async () => {
      const { versionId = '' } = await locked.put('volume', bytes('cold'));
      await given.freeze('volume', 'DEEP_ARCHIVE');
      await expect(locked.thaw('volume', versionId, 'Expedited', 1)).rejects.toMatchObject({
        name: 'InvalidRequest',
      });
      expect(await locked.head('volume')).toMatchObject({ access: 'frozen', storageClass: 'DEEP_ARCHIVE' });
      await locked.thaw('volume', versionId, 'Bulk', 1);
      expect(await thawed('volume', versionId)).toMatchObject({ access: 'ready' });
    });

    test('is thawed by its version: a newer one over it is another object', async () => {
      const { versionId: cold = '' } = await locked.put('volume', bytes('cold'));
      await given.freeze('volume', 'GLACIER');
      const { versionId: newer = '' } = await locked.put('volume', bytes('newer'));
      expect(await locked.head('volume', newer)).toMatchObject({ access: 'ready' });
      expect(await locked.head('volume', cold)).toMatchObject({ access: 'frozen' });
      await locked.thaw('volume', newer, 'Standard', 1);
      expect(await locked.head('volume', cold)).toMatchObject({ access: 'frozen' });
      await locked.thaw('volume', cold, 'Standard', 1);
      expect(await thawed('volume', cold)).toMatchObject({ access: 'ready' });
      expect(await text(locked, 'volume', cold)).toBe('cold');
    });

    test('that was never cold, or is not there', async () => {
      const { versionId = '' } = await locked.put('warm', bytes('warm'));
      await locked.thaw('warm', versionId, 'Standard', 1);
      expect(await locked.head('warm')).toMatchObject({ access: 'ready', storageClass: 'STANDARD' });
      await expect(locked.thaw('nothing', versionId, 'Standard', 1)).rejects.toMatchObject({ name: 'ObjectMissing' });
    });
  });
}
