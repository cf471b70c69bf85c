import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { estimateCost, listPrices, priceVariables, type FrozenVolume } from '../../../functions/restore/plan/prices.ts';
import type { ThawTier } from '../../../ports/object-store.ts';
import { readEnvironment } from '../../../workflow/environment.ts';

const gib = 2 ** 30;
const frozen = (count: number, storageClass: string): FrozenVolume[] =>
  Array.from({ length: count }, () => ({ bytes: 32 * gib, storageClass }));

describe('the estimate', () => {
  // 10 volumes of 32 GiB for 3 days: copies 320 * 0.023 * 3/30; unpacking 320/350 h; plaintext 320 * 0.023 * 2/30.
  const rest = [
    { what: 'thawed copies for 3 days', amount: 0.74 },
    { what: 'unpacking', amount: 0.1 },
    { what: 'plaintext for 2 days', amount: 0.5 },
  ];
  it.each<[string, ThawTier, number, number, number]>([
    ['GLACIER', 'Expedited', 0.1, 9.6, 11.04],
    ['GLACIER', 'Standard', 0.01, 3.2, 4.55],
    ['DEEP_ARCHIVE', 'Standard', 0.01, 6.4, 7.75],
    ['DEEP_ARCHIVE', 'Bulk', 0.01, 0.8, 2.15],
  ])('of 320 GiB in %s by %s', (storageClass, tier, requests, retrieval, amount) => {
    const need = { frozen: frozen(10, storageClass), thaw: { tier, days: 3 }, bytes: 320 * gib };
    expect(estimateCost(need, listPrices)).toEqual({
      currency: 'USD',
      amount,
      parts: [{ what: 'thaw requests', amount: requests }, { what: 'retrieval', amount: retrieval }, ...rest],
    });
  });

  it('has no retrieval where it is free, and no thaw where nothing is frozen', () => {
    const bulk = { frozen: frozen(10, 'GLACIER'), thaw: { tier: 'Bulk', days: 3 } as const, bytes: 320 * gib };
    expect(estimateCost(bulk, listPrices)).toMatchObject({ amount: 1.34, parts: rest });
    expect(estimateCost({ ...bulk, frozen: [] }, listPrices).parts).toEqual(rest.slice(1));
  });

  it('takes a class that it does not know for the dearest', () => {
    const need = { frozen: frozen(10, 'NEW_CLASS'), thaw: { tier: 'Standard', days: 3 } as const, bytes: 320 * gib };
    expect(estimateCost(need, listPrices).amount).toBe(7.75);
  });
});

describe('the price table', () => {
  const schema = z.object(priceVariables);
  const read = (PRICES?: string): unknown => readEnvironment(schema, PRICES === undefined ? {} : { PRICES }).PRICES;

  it('is the list of the provider where none is set', () => {
    expect(read()).toEqual(listPrices);
    expect(read('')).toEqual(listPrices);
  });

  it('is the one that is set', () => {
    const own = { ...listPrices, currency: 'EUR', taskHour: 0.2 };
    expect(read(JSON.stringify(own))).toEqual(own);
  });

  it.each([
    ['not JSON', '{', 'is not JSON'],
    ['incomplete', JSON.stringify({ ...listPrices, taskHour: undefined }), 'taskHour'],
    ['negative', JSON.stringify({ ...listPrices, storagePerGibMonth: -1 }), 'storagePerGibMonth'],
    ['of more than is known', JSON.stringify({ ...listPrices, egress: 1 }), 'egress'],
  ])('that is %s is refused by the name of the variable', (_what, text, fault) => {
    expect(() => read(text)).toThrow(new RegExp(`PRICES: .*${fault}`));
  });
});
