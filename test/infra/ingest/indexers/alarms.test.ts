import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { enableIndexers } from '../../../../functions/ingest/enable-indexers.ts';
import { created, inProcessIndexer } from '../../../functions/ingest/in-process-indexer.ts';
import { startBulkCluster } from '../../../support/bulk-cluster.ts';
import type { DeployedStacks } from '../../../support/intrinsics.ts';
import { resourcesOf, resourceWith, synthesize } from './synthesized.ts';

/** An alarm that waits for a figure which nobody reports under its name never tells anything, and nothing says so. */

interface Alarm {
  readonly AlarmName: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic: string;
  readonly Period: number;
  readonly TreatMissingData: string;
}

let stacks: DeployedStacks;
let alarms: Alarm[];
beforeAll(() => {
  stacks = synthesize();
  alarms = resourcesOf(stacks, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties as unknown as Alarm);
}, 60_000);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What CloudWatch makes of what the function writes that reports a figure, with its variables as they are deployed. */
async function embedded(variables: Record<string, string>, figure: string): Promise<unknown> {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.resetModules();
  const { metrics, telemetry } = await import('../../../../functions/telemetry.ts');
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  telemetry.measure(figure, 1, 'Count');
  metrics.publishStoredMetrics();
  const line = JSON.parse(written.join('')) as Record<string, unknown>;
  const { CloudWatchMetrics } = line['_aws'] as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] };
  const [{ Namespace, Dimensions } = { Namespace: '', Dimensions: [] }] = CloudWatchMetrics;
  return { Namespace, Dimensions: Dimensions[0]!.map((Name) => ({ Name, Value: line[Name] })), figure: line[figure] };
}

describe('figures of our own', () => {
  test('come under the namespace and dimension that the alarms have', async () => {
    const own = alarms.filter(({ Namespace }) => Namespace === 'Permafrost');
    expect(own.map(({ MetricName }) => MetricName)).toContain('IndexersStopped');
    for (const { Namespace, MetricName, Dimensions } of own) {
      const { properties } = resourceWith(stacks, 'AWS::Lambda::Function', 'FunctionName', Dimensions[0]!.Value);
      const { Variables } = properties['Environment'] as { Variables: Record<string, string> };
      expect(await embedded(Variables, MetricName)).toEqual({ Namespace, Dimensions, figure: 1 });
    }
  });

  test('are reported by the functions, with nothing to tell, too', async () => {
    const cluster = await startBulkCluster();
    const indexer = inProcessIndexer({ cluster, format: 'json-lines' });
    indexer.put('object', Buffer.from('no json\n'));
    indexer.send(created('object'));
    await indexer.run();
    await cluster.close();
    const { rejects: notes, ports } = indexer;
    const measured = new Map(indexer.measured);
    await enableIndexers(
      {},
      {},
      { freeBytes: () => Promise.resolve(0), notes, mappings: ports.mappings, minimumFreeBytes: 1, now: ports.now },
      {
        info: () => undefined,
        warn: () => undefined,
        measure: (name, value) => void measured.set(name, value),
      },
    );
    expect(Object.fromEntries(measured)).toMatchObject({ RecordsRejected: 1, IndexersStopped: 0 });
    for (const { MetricName } of alarms.filter(({ Namespace }) => Namespace === 'Permafrost'))
      expect([...measured.keys()]).toContain(MetricName);
  });
});

test('a first dead letter, and a message that waits, raise the alarms of their queues within minutes', () => {
  const ofQueues = alarms.filter(({ Namespace }) => Namespace === 'AWS/SQS');
  expect(ofQueues).toHaveLength(2 * resourcesOf(stacks, 'AWS::Lambda::EventSourceMapping').length);
  for (const { MetricName, Statistic, Period, TreatMissingData } of ofQueues) {
    // SQS reports nothing of a queue that was empty for hours.
    expect({ Statistic, TreatMissingData }).toEqual({ Statistic: 'Maximum', TreatMissingData: 'notBreaching' });
    expect(Period).toBe(MetricName === 'ApproximateNumberOfMessagesVisible' ? 60 : 300);
  }
});
