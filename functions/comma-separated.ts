import { z } from 'zod';

/** A list as a variable has it: `a, b`; empty items are none. */
export const commaSeparated = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
