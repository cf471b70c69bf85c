/** The names of a snapshot repository's objects, with every generated id replaced by what `index-0` says it stands for. */
import { z } from 'zod';

const repositoryDataSchema = z.strictObject({
  snapshots: z.tuple([
    z.strictObject({
      name: z.string(),
      uuid: z.string(),
      state: z.literal(1),
      index_metadata_lookup: z.record(z.string(), z.string()),
      version: z.string(),
    }),
  ]),
  indices: z.record(
    z.string(),
    z.strictObject({
      id: z.string(),
      shard_path_type: z.literal(0),
      snapshots: z.array(z.string()),
      shard_generations: z.array(z.string()),
    }),
  ),
  index_metadata_identifiers: z.record(z.string(), z.string()),
});

/** Sorted, each name once. Throws where `index-0` is not the metadata of exactly one good snapshot. */
export function repositoryShape(
  objects: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  snapshotUuid: string,
): string[] {
  const root = Buffer.from(objects.get(`${prefix}index-0`) ?? new Uint8Array()).toString();
  const { snapshots, indices, index_metadata_identifiers } = repositoryDataSchema.parse(JSON.parse(root));
  const meanings = new Map([[snapshotUuid, 'SNAPSHOT']]);
  for (const [name, { id, shard_generations }] of Object.entries(indices)) {
    meanings.set(id, name);
    for (const generation of shard_generations) meanings.set(generation, 'GENERATION');
    const identifier = snapshots[0].index_metadata_lookup[id] ?? '';
    meanings.set(index_metadata_identifiers[identifier] ?? '', 'METADATA');
  }
  const shape = [...objects.keys()].map((key) => {
    let path = key.slice(prefix.length).replace(/__[\w-]+$/, '__*');
    for (const [id, meaning] of meanings) if (id !== '') path = path.replace(id, meaning);
    return path;
  });
  return [...new Set(shape)].sort();
}
