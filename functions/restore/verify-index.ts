import { mappingSha256, sourceSha256 } from '../../archive/observe.ts';
import type { ManifestIndex } from '../../archive/manifest.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { RestoredContentDiffers } from '../../workflow/errors.ts';

/**
 * Holds a restored index against the signed manifest: health, document count, mapping, and every sampled document. Where
 * documents were written while the snapshot was taken (`exact: false`), count and mapping are not known, and only the samples
 * are held against it.
 * @returns the documents of the index
 * @throws RestoredContentDiffers naming what differs
 */
export async function verifyIndex(cluster: Cluster, name: string, expected: ManifestIndex): Promise<number> {
  const differ = (what: string): RestoredContentDiffers =>
    new RestoredContentDiffers(`${name}, restored from ${expected.name}: ${what}`);
  const progress = await cluster.restoreProgress(name);
  if (!progress) throw differ('the index is gone');
  if (progress.health === 'red') throw differ('the index is red');
  if (progress.shards.total !== expected.shards.length) {
    throw differ(`${progress.shards.total} primary shards, the manifest says ${expected.shards.length}`);
  }
  await cluster.refresh(name);
  const count = await cluster.count(name);
  if (expected.documents.exact) {
    if (count !== expected.documents.count) {
      throw differ(`${count} documents, the manifest says ${expected.documents.count}`);
    }
    if (mappingSha256(await cluster.mapping(name)) !== expected.mappingSha256) throw differ('another mapping');
  }
  const ids = expected.samples.map(({ id }) => id);
  const found = new Map((await cluster.documents(name, ids)).map(({ id, source }) => [id, sourceSha256(source)]));
  const wrong = expected.samples.filter(({ id, sourceSha256: digest }) => found.get(id) !== digest).map(({ id }) => id);
  if (wrong.length > 0) {
    throw differ(
      `${wrong.length} of ${ids.length} sampled documents are missing or differ: ${wrong.slice(0, 5).join(', ')}`,
    );
  }
  return count;
}
