import { z } from 'zod';
import { distinct, matching } from '../../config/places.ts';

/** Roles in whatever account. Whole: a wildcard would let in roles that do not exist yet. */
export const roleArn = matching(
  /^arn:aws(-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  'must be the whole ARN of a role, without wildcards: arn:aws:iam::ACCOUNT:role/NAME',
);
export const roleArns = z.array(roleArn).refine(distinct, { error: 'names a role twice' });
