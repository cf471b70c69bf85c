/**
 * Works on items, a few at a time, in their order. Ends when all have been worked on, or nothing more is begun (`goOn`) and what was
 * begun has ended.
 * @throws the first failure of `work`, after what was begun has ended
 */
export async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
  goOn: () => boolean = () => true,
): Promise<void> {
  const begun = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    if (failures.length > 0 || !goOn()) break;
    const landed: Promise<void> = work(item)
      .catch((failure: unknown) => void failures.push(failure))
      .finally(() => begun.delete(landed));
    begun.add(landed);
    if (begun.size >= width) await Promise.race(begun);
  }
  await Promise.all(begun);
  if (failures.length > 0) throw failures[0] as Error;
}
