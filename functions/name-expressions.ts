/** Whether a name fits any of the expressions: names, in which `*` stands for any characters. */
export function namesLike(expressions: readonly string[]): (name: string) => boolean {
  const patterns = expressions.map(
    (expression) => new RegExp(`^${expression.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's'),
  );
  return (name) => patterns.some((pattern) => pattern.test(name));
}
