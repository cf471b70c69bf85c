import type { Cluster } from '../../../ports/cluster.ts';

/**
 * The names that the cluster has, open or closed. All in one question: as many as a long range asks for do not fit into a URL.
 * System names must be asked for.
 */
export async function existingNames(cluster: Cluster, asked: readonly string[]): Promise<Set<string>> {
  const hidden = asked.some((name) => name.startsWith('.')) ? ['.*'] : [];
  return new Set((await cluster.indices(['*', ...hidden])).map(({ name }) => name));
}
