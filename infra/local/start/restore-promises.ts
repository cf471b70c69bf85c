import type { Manifest } from '../../../archive/manifest.ts';
import { restoredRunPrefix } from '../../../archive/keys.ts';
import { askCluster, check, countDocuments, type Check } from './check.ts';
import type { Witness } from './witness.ts';

/** Makes everything in the archive bucket cold that its lifecycle rules are about, as if their days had passed. */
export async function freeze(s3Url: string): Promise<number> {
  const response = await fetch(new URL('/_local/apply-lifecycle', s3Url), { method: 'POST' });
  if (!response.ok) throw new Error(`apply-lifecycle: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { objects: number }).objects;
}

/** Holds what was promised of a restore against what is there now. */
export async function checkRestorePromises(
  restoreId: string,
  manifest: Manifest,
  loaded: ReadonlyMap<string, number>,
  witness: Witness,
): Promise<Check[]> {
  const { openSearchUrl, restore, archive } = witness;
  return [
    await check('every restored index has as many documents as its original', async () => {
      for (const { name } of manifest.indices) {
        const count = await countDocuments(openSearchUrl, `restored-${name}`);
        if (count !== loaded.get(name)) return `restored-${name}: ${count} of ${loaded.get(name) ?? 0}`;
      }
      return undefined;
    }),
    await check('the volumes were frozen, and are thawed for some days', async () => {
      for (const { key, versionId } of manifest.volumes) {
        const facts = await archive.head(key, versionId);
        if (facts?.thawedUntil === undefined) return `${key} is ${facts?.storageClass ?? 'gone'}, never thawed`;
      }
      return undefined;
    }),
    await check('no plaintext and no repository is left', async () => {
      for await (const { key } of restore.list(restoredRunPrefix(restoreId))) return `${key} is still there`;
      const repositories = Object.keys((await askCluster(openSearchUrl, '/_snapshot')) as object);
      return repositories.length > 0 ? `repositories: ${repositories.join(', ')}` : undefined;
    }),
  ];
}
