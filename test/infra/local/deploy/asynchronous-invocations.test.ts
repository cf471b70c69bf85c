import { expect, test } from 'vitest';
import { eventInvokeConfig } from '../../../../infra/local/deploy/event-invoke-config.ts';
import type { LocalCloud } from '../../../../infra/local/deploy/local-cloud.ts';
import { Roles } from '../../../../infra/local/deploy/roles.ts';
import { subscriptionFilter } from '../../../../infra/local/deploy/subscription-filter.ts';
import { AsyncInvocations, type InvocationSettings } from '../../../../infra/local/runtime/async-invocations.ts';
import { LogGroups } from '../../../../infra/local/runtime/log-groups.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:indexer';
class Noting extends AsyncInvocations {
  readonly configured: InvocationSettings[] = [];
  override configure(settings: InvocationSettings): void {
    this.configured.push(settings);
  }
}

function cloud() {
  const roles = new Roles();
  roles.add('indexing', 'arn:aws:iam::000000000000:role/indexing').usedBy.add('indexer');
  const invocations = new Noting({ invoke: () => Promise.resolve(), timeScale: 0 });
  const delivered: string[] = [];
  const logGroups = new LogGroups((arn) => void delivered.push(arn));
  return {
    invocations,
    delivered,
    logGroups,
    deployInto: { roles, invocations, logGroups } as Partial<LocalCloud> as LocalCloud,
  };
}
const resource = (logicalId: string, properties: object) => ({ stack: 'S', logicalId, type: 'T', properties });

test('the settings of a function are known by its name and qualifier, with Lambda’s default', async () => {
  const { invocations, deployInto } = cloud();
  const OnFailure = { Destination: 'arn:aws:s3:::failed' };
  const properties = { FunctionName: functionArn, Qualifier: '$LATEST', DestinationConfig: { OnFailure } };
  expect(await eventInvokeConfig(resource('A', properties), deployInto)).toMatchObject({ ref: 'indexer|$LATEST' });
  await eventInvokeConfig(
    resource('B', { FunctionName: 'other', Qualifier: '1', MaximumRetryAttempts: '0', MaximumEventAgeInSeconds: 60 }),
    deployInto,
  );
  expect(invocations.configured).toEqual([
    { functionName: 'indexer', qualifier: '$LATEST', retries: 2, keep: expect.any(Function) as () => Promise<void> },
    { functionName: 'other', qualifier: '1', retries: 0 },
  ]);
});

test('a destination of a function whose role nobody knows stops the deployment', () => {
  const OnFailure = { Destination: 'arn:aws:s3:::failed' };
  const properties = { FunctionName: 'other', Qualifier: '$LATEST', DestinationConfig: { OnFailure } };
  expect(() => eventInvokeConfig(resource('A', properties), cloud().deployInto)).toThrow(
    'S / A / Properties.FunctionName: no role of other is deployed',
  );
});

test('a third subscription of a log group stops the deployment, as it does in the cloud', async () => {
  const { delivered, deployInto } = cloud();
  const properties = { LogGroupName: '/app', FilterPattern: '', DestinationArn: functionArn };
  expect(await subscriptionFilter(resource('A', { ...properties, FilterName: 'mine' }), deployInto)).toMatchObject({
    ref: 'mine',
  });
  expect(await subscriptionFilter(resource('B', properties), deployInto)).toMatchObject({ ref: 'S-B' });
  expect(() => subscriptionFilter(resource('C', properties), deployInto)).toThrow(
    'S / C: LimitExceededException: a log group takes two subscriptions',
  );
  expect(delivered).toEqual([functionArn, functionArn]);
});
