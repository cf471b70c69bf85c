import { z } from 'zod';

/** Values that options of several commands take. A switch that is not given is undefined. */
export const bucket = z.string().min(3, 'must be the name of a bucket');
export const queueUrl = z
  .url('must be the URL of a queue')
  .refine((url) => !url.endsWith('.fifo'), 'must not be a FIFO queue');
export const turnedOn = z.boolean().default(false);
export const wholeNumber = (least: number, most: number): z.ZodCoercedNumber<string> => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number<string>({ error }).int(error).min(least, error).max(most, error);
};
