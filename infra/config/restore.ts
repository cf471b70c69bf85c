import { z } from 'zod';
import { priceTable } from '../../functions/restore/plan/prices.ts';
import { domain } from './fine-grained-access.ts';
import {
  accountId,
  cronExpression,
  distinct,
  keyArn,
  matching,
  network,
  regionName,
  secretArn,
  timezone,
} from './places.ts';

/** The restoring side: its own stack, which can be in another account. */
export const restore = z.strictObject({
  /** False: no stack is made for it. So it begins: the fingerprint of the signing key is known once the key is there. */
  enabled: z.boolean().default(true),
  /** Default: those of the archiving side. */
  account: accountId.optional(),
  region: regionName.optional(),
  /** Default: the domain that is archived. */
  domain: domain.optional(),
  /** Default: in the same account and region, where the archiving side runs; elsewhere as without `network` there. */
  network: network.optional(),
  /**
   * SHA-256 of the signing keys' SubjectPublicKeyInfo, hex. Only archives signed by one of them are restored; after a change of
   * the key, both stand here.
   */
  trustedSigningKeys: z
    .array(matching(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex, lower case: 64 of 0-9a-f'))
    .refine(distinct, { error: 'names a key twice' })
    .default([]),
  /** The recipient's private key. Without ARNs the stack makes secrets that are empty; the operator puts the values. */
  privateKey: z
    .strictObject({
      secretArn: secretArn.optional(),
      /** False for a private key without a passphrase. */
      hasPassphrase: z.boolean().default(true),
      passphraseSecretArn: secretArn.optional(),
      /** Where the secrets of the ARNs are encrypted by a key other than that of Secrets Manager. */
      kmsKeyArn: keyArn.optional(),
    })
    .refine(({ hasPassphrase, passphraseSecretArn }) => hasPassphrase || passphraseSecretArn === undefined, {
      error: 'must not be there when hasPassphrase is false',
      path: ['passphraseSecretArn'],
    })
    .prefault({}),
  /** Container tasks at the same time. */
  parallelism: z.number().int().min(1).max(100).default(4),
  /** Replicas of a restored index, where the request says nothing. */
  replicas: z.number().int().min(0).max(5).default(1),
  /** What a restore costs (functions/restore/plan/prices.ts), for its estimate. Default: list prices of us-east-1. */
  prices: priceTable.optional(),
  drills: z
    .strictObject({
      cron: cronExpression.default('cron(0 4 1 * ? *)'),
      timezone: timezone.default('UTC'),
      /** An alarm says when no drill has succeeded for so long. */
      alarmAfterDays: z.number().int().min(2).max(400).default(40),
      /** How long the evidence is kept. */
      keepDays: z.number().int().min(30).max(36_500).default(3653),
    })
    .prefault({}),
  /** Default: the addresses of the archiving side. */
  notifications: z.strictObject({ emails: z.array(z.email()) }).optional(),
});
