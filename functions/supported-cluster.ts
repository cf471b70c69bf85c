import type { Cluster, ClusterFacts } from '../ports/cluster.ts';
import { ClusterUnsupported } from '../workflow/errors.ts';

/** Major versions of OpenSearch whose snapshot and restore API this project was written for. */
const openSearchMajors = [1, 2, 3];
/** The last Elasticsearch whose API is the same; also what a domain in compatibility mode calls itself. */
const elasticsearch = '7.10';

/**
 * Asks the cluster once, at the start of a workflow, what it is.
 * @throws ClusterUnsupported where the distribution or its major version is not supported
 */
export async function supportedCluster(cluster: Cluster): Promise<ClusterFacts> {
  const facts = await cluster.facts();
  const { distribution, version } = facts;
  const supported =
    distribution === undefined
      ? version === elasticsearch || version.startsWith(`${elasticsearch}.`)
      : distribution === 'opensearch' && openSearchMajors.includes(Number.parseInt(version, 10));
  if (supported) return facts;
  throw new ClusterUnsupported(
    `Cluster ${facts.name} is ${distribution ?? 'Elasticsearch'} ${version}. Supported are OpenSearch ` +
      `${openSearchMajors[0]}.x to ${openSearchMajors.at(-1)}.x, and Elasticsearch ${elasticsearch}`,
  );
}
