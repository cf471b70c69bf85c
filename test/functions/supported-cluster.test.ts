import { describe, expect, it } from 'vitest';
import { supportedCluster } from '../../functions/supported-cluster.ts';
import { memoryCluster } from '../support/memory-cluster.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';

function calledItself(version: string, distribution: string | undefined): Promise<unknown> {
  const cluster = memoryCluster({ staging: () => memoryObjectStore({ bucket: 'staging' }) });
  return supportedCluster({
    ...cluster,
    facts: () => Promise.resolve({ uuid: 'u', name: 'logs', version, distribution }),
  });
}

describe('a cluster is supported', () => {
  it.each([
    ['1.0.0', 'opensearch'],
    ['1.3.20', 'opensearch'],
    ['2.19.6', 'opensearch'],
    ['3.8.0', 'opensearch'],
    // Elasticsearch, and an OpenSearch domain in compatibility mode.
    ['7.10.2', undefined],
  ])('as %s of %s', async (version, distribution) => {
    expect(await calledItself(version, distribution)).toMatchObject({ version });
  });
});

describe('a cluster is refused by name, before anything is asked of it', () => {
  it.each([
    ['4.0.0', 'opensearch'],
    ['0.9.0', 'opensearch'],
    ['7.9.3', undefined],
    ['7.17.0', undefined],
    ['8.15.0', undefined],
    ['7.1.0', undefined],
    ['3.8.0', 'something-else'],
    ['unknown', 'opensearch'],
  ])('as %s of %s', async (version, distribution) => {
    const refused = calledItself(version, distribution);
    await expect(refused).rejects.toMatchObject({ name: 'ClusterUnsupported' });
    await expect(refused).rejects.toThrow(
      new RegExp(`logs is ${distribution ?? 'Elasticsearch'} ${version}.*1\\.x to 3\\.x`),
    );
  });
});
