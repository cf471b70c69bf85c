import { mappingSha256, sourceSha256 } from '../../archive/observe.ts';
import type { ObservedIndex, Sample } from '../../archive/run-records.ts';
import type { Cluster, Document } from '../../ports/cluster.ts';

const sampleSize = 100;
/** Any fixed number: samples are reproducible, so that a stranger can draw them again. */
const sampleSeed = 1;

const digests = (documents: readonly Document[]): Sample[] =>
  documents.map(({ id, source }) => ({ id, sourceSha256: sourceSha256(source) }));

export interface IndexState {
  readonly documents: number;
  readonly shards: { maxSeqNo: number }[];
}

/** Documents and highest sequence numbers, after a refresh, so that the count sees what the numbers count. */
export async function readState(cluster: Cluster, index: string): Promise<IndexState> {
  await cluster.refresh(index);
  const maxSeqNos = await cluster.maxSeqNos(index);
  return { documents: await cluster.count(index), shards: maxSeqNos.map((maxSeqNo) => ({ maxSeqNo })) };
}

/** What the manifest will say of an index, as it is now. */
export async function observeIndex(cluster: Cluster, index: { name: string; uuid: string }): Promise<ObservedIndex> {
  const state = await readState(cluster, index.name);
  const documents = await cluster.sample(index.name, sampleSize, sampleSeed);
  return {
    name: index.name,
    uuid: index.uuid,
    ...state,
    mappingSha256: mappingSha256(await cluster.mapping(index.name)),
    // An index may be set not to keep sources: then there is nothing to compare.
    samples: digests(documents.filter(({ source }) => source !== undefined)),
  };
}

/** The digests of the same documents, as they are now. */
export const resample = async (cluster: Cluster, before: ObservedIndex): Promise<Sample[]> =>
  digests(
    await cluster.documents(
      before.name,
      before.samples.map(({ id }) => id),
    ),
  );
