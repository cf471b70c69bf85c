import { z } from 'zod';

/** Names of indices, `*` standing for any characters, as a variable has them: separated by commas. */
export const nameExpressions = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Whether a name fits any of the expressions. */
export function namesLike(expressions: readonly string[]): (name: string) => boolean {
  const patterns = expressions.map(
    (expression) => new RegExp(`^${expression.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's'),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}
