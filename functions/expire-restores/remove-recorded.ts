import type { LeaseEnd } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';

/** Removes an index if it is the one on record, by name and UUID. Another one of the name is left alone. */
export async function removeRecorded(
  cluster: Cluster,
  { name, uuid }: { readonly name: string; readonly uuid: string },
): Promise<LeaseEnd['outcome']> {
  const found = (await cluster.indices([name])).find((index) => index.name === name);
  if (!found) return 'gone';
  if (found.uuid !== uuid) return 'replaced';
  await cluster.deleteIndex(name);
  return 'removed';
}
