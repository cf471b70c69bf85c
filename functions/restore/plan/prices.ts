import { z } from 'zod';
import type { ThawTier } from '../../../ports/object-store.ts';
import type { RestoreSummary } from '../../../workflow/restore-contracts.ts';
import { coldClass } from './thaw-times.ts';

const price = z.number().nonnegative();
const retrieval = z.strictObject({ perThousandRequests: price, perGib: price });

/** What the parts of a restore cost. */
export const priceTable = z.strictObject({
  currency: z.string().min(1),
  thaw: z.strictObject({
    GLACIER: z.strictObject({ Expedited: retrieval, Standard: retrieval, Bulk: retrieval }),
    DEEP_ARCHIVE: z.strictObject({ Standard: retrieval, Bulk: retrieval }),
  }),
  /** Thawed copies, and unpacked plaintext, are kept in the standard class. */
  storagePerGibMonth: price,
  /** One unpacking task for an hour. */
  taskHour: price,
  /** Ciphertext that a task unpacks in an hour. */
  gibPerTaskHour: z.number().positive(),
});
export type PriceTable = z.infer<typeof priceTable>;

/**
 * List prices of us-east-1 in USD, 2026. A GB of the price list is 2^30 bytes.
 * S3: https://aws.amazon.com/s3/pricing/ (request and retrieval charges also worked out at
 * https://repost.aws/knowledge-center/s3-manage-data-retrieval). A task: 2 vCPU and 4 GiB of Linux/x86 for an hour,
 * https://aws.amazon.com/fargate/pricing/; 100 MiB/s are unpacked.
 */
export const listPrices: PriceTable = {
  currency: 'USD',
  thaw: {
    GLACIER: {
      Expedited: { perThousandRequests: 10, perGib: 0.03 },
      Standard: { perThousandRequests: 0.05, perGib: 0.01 },
      Bulk: { perThousandRequests: 0, perGib: 0 },
    },
    DEEP_ARCHIVE: {
      Standard: { perThousandRequests: 0.1, perGib: 0.02 },
      Bulk: { perThousandRequests: 0.025, perGib: 0.0025 },
    },
  },
  storagePerGibMonth: 0.023,
  taskHour: 0.0988,
  gibPerTaskHour: 350,
};

/** The variable `PRICES`: a whole table as JSON; absent or empty, the list prices. */
export const priceVariables = {
  PRICES: z
    .string()
    .default('')
    .transform((text, context) => {
      if (text === '') return listPrices;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
      const parsed = priceTable.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', message: `${path.join('.') || 'the table'}: ${message}` });
      }
      return z.NEVER;
    }),
};

export interface FrozenVolume {
  readonly bytes: number;
  readonly storageClass: string;
}

const gib = 2 ** 30;
const daysOfMonth = 30;
/** Plaintext lapses after two days at the latest. */
const plaintextDays = 2;

/** Estimates a restore: the thaw of what is frozen, and for all volumes the unpacking and the plaintext's storage. */
export function estimateCost(
  need: {
    readonly frozen: readonly FrozenVolume[];
    readonly thaw: { readonly tier: ThawTier; readonly days: number };
    readonly bytes: number;
  },
  prices: PriceTable,
): RestoreSummary['cost'] {
  const { frozen, thaw, bytes } = need;
  let [requests, retrieved, copied] = [0, 0, 0];
  for (const volume of frozen) {
    const rates: Partial<Record<ThawTier, z.infer<typeof retrieval>>> = prices.thaw[coldClass(volume.storageClass)];
    const rate = rates[thaw.tier];
    if (!rate) continue;
    requests += rate.perThousandRequests / 1000;
    retrieved += (rate.perGib * volume.bytes) / gib;
    copied += (prices.storagePerGibMonth * volume.bytes * thaw.days) / gib / daysOfMonth;
  }
  const amounts: [string, number][] = [
    ['thaw requests', requests],
    ['retrieval', retrieved],
    [`thawed copies for ${thaw.days} days`, copied],
    ['unpacking', (prices.taskHour * bytes) / gib / prices.gibPerTaskHour],
    [`plaintext for ${plaintextDays} days`, (prices.storagePerGibMonth * bytes * plaintextDays) / gib / daysOfMonth],
  ];
  const parts = amounts.map(([what, exact]) => ({ what, amount: rounded(exact) })).filter((part) => part.amount > 0);
  const total = rounded(parts.reduce((sum, part) => sum + part.amount, 0));
  return { currency: prices.currency, amount: total, parts };
}

/** Up to a whole cent; what floating point adds beyond a billionth is not rounded up. */
const rounded = (amount: number): number => Math.ceil(Number((amount * 100).toFixed(7))) / 100;
