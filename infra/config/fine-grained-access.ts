import { z } from 'zod';
import { indexExpression } from './names.ts';
import { domain as place, keyArn, matching, secretArn } from './places.ts';

/** How the stacks become an administrator of the domain, to make the roles of the workflows there (docs/rights.md). */
const fineGrainedAccess = z
  .strictObject({
    /** Holds `{"username": "...", "password": "..."}` of an internal user. */
    masterSecretArn: secretArn.optional(),
    /** Where the secret is encrypted by a key other than that of Secrets Manager. */
    masterSecretKmsKeyArn: keyArn.optional(),
    masterRoleArn: matching(
      /^arn:aws(-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/,
      'must be the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME',
    ).optional(),
    /** True where somebody has made the function's own role an administrator. */
    ownRole: z.literal(true).optional(),
    /** What the archive's role may reach beside the indices of `indices.patterns`: for runs by hand. */
    archiveIndices: z.array(indexExpression).default([]),
  })
  .refine(
    ({ masterSecretArn, masterRoleArn, ownRole }) =>
      [masterSecretArn, masterRoleArn, ownRole].filter((way) => way !== undefined).length === 1,
    { error: 'must have one of masterSecretArn, masterRoleArn and ownRole' },
  )
  .refine(
    ({ masterSecretArn, masterSecretKmsKeyArn }) =>
      masterSecretKmsKeyArn === undefined || masterSecretArn !== undefined,
    { error: 'must not be there without masterSecretArn', path: ['masterSecretKmsKeyArn'] },
  );
export type FineGrainedAccess = z.output<typeof fineGrainedAccess>;

/** Where the domain is. Without `fineGrainedAccess` nothing on the cluster itself is touched. */
export const domain = place.extend({ fineGrainedAccess: fineGrainedAccess.optional() });
export type Domain = z.output<typeof domain>;
