import type { SnapshotIndex } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { RestoredContentDiffers } from '../../workflow/errors.ts';

/**
 * Holds an index that was restored from a snapshot against what the snapshot says of it. That is little: it is not signed, and
 * has neither document counts nor samples. What is shown: every primary shard is there (the cluster itself has held each file
 * against the length and checksum of the snapshot's metadata), there are as many as were snapshotted, and mapping and documents
 * can be read.
 * @returns the documents of the index, which nothing is known to compare with
 * @throws RestoredContentDiffers naming what differs
 */
export async function verifySnapshotIndex(cluster: Cluster, name: string, expected: SnapshotIndex): Promise<number> {
  const differ = (what: string): RestoredContentDiffers =>
    new RestoredContentDiffers(`${name}, restored from ${expected.name}: ${what}`);
  const progress = await cluster.restoreProgress(name);
  if (!progress) throw differ('the index is gone');
  if (progress.health === 'red') throw differ('the index is red');
  const { total, done } = progress.shards;
  if (total !== expected.shards) throw differ(`${total} primary shards, the snapshot says ${expected.shards}`);
  if (done !== total) throw differ(`${done} of ${total} primary shards are there`);
  await cluster.refresh(name);
  await cluster.mapping(name);
  return cluster.count(name);
}
