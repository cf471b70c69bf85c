import { describe, expect, test } from 'vitest';
import { formatNames } from '../../../../functions/ingest/formats/index.ts';
import { faultsOf, settings } from './synthesized.ts';

/** The settings with changes to the first indexer. */
const withFirst = (changes: object): object => {
  const { indexers, ...rest } = settings();
  const [first, ...others] = indexers;
  return { ...rest, indexers: [{ ...first, ...changes }, ...others] };
};

test('settings without a fault are taken', () => {
  expect(faultsOf(settings())).toBe('');
});

test('an unknown format is refused with all that there are', () => {
  const faults = faultsOf(withFirst({ format: 'apache' }));
  expect(faults).toContain('indexers.0.format: "apache" is no format');
  for (const name of formatNames) expect(faults).toContain(name);
});

describe('two indexers', () => {
  test.each([
    ['the same prefix', 'web [1]/'],
    ['a prefix of the other', 'web'],
    ['the whole bucket beside a part of it', ''],
    ['a part of the other', 'web [1]/errors/'],
  ])('with %s would index twice, and are refused', (_, prefix) => {
    const faults = faultsOf(withFirst({ source: { newBucket: 'acme-logs', prefix } }));
    expect(faults).toContain('indexers.1.source:');
    expect(faults).toContain('overlap: orders and web would both index what is below');
  });

  test('with the same prefix of two buckets are taken', () => {
    expect(faultsOf(withFirst({ source: { newBucket: 'acme-other', prefix: 'web [1]/' } }))).toBe('');
  });

  test('of one name are refused', () => {
    expect(faultsOf(withFirst({ name: 'web' }))).toContain('indexers.1.name: web is there twice');
  });

  test('of two formats do not share an index', () => {
    expect(faultsOf(withFirst({ indexPattern: 'web-YYYY.MM.DD' }))).toContain('an index has one mapping');
    expect(faultsOf(withFirst({ indexPattern: 'web-YYYY.MM.DD', format: 'text' }))).toBe('');
  });
});

test.each([
  ['no bucket', { source: {} }, 'must have one of central, bucket and newBucket'],
  ['two buckets', { source: { bucket: 'acme', newBucket: 'acme' } }, 'must have one of central, bucket and newBucket'],
  [
    'a topic of a bucket that tells queues',
    { source: { newBucket: 'acme', topicArn: 'arn:aws:sns:eu-west-1:444455556666:t' } },
    'topicArn and keyArn have a meaning beside bucket only',
  ],
  ['a pattern without a day', { indexPattern: 'orders-YYYY.MM' }, 'must contain each of YYYY, MM and DD'],
  ['a pattern that no index can have', { indexPattern: 'orders+YYYY.MM.DD' }, 'may have only a-z, 0-9'],
  ['the name of the indexer of subscriptions', { name: 'cloudwatch-logs' }, 'the name of the indexer of subscriptions'],
  ['fewer than five deliveries', { maxReceiveCount: 4 }, 'indexers.0.maxReceiveCount'],
  ['less than the least concurrency', { maximumConcurrency: 1 }, 'indexers.0.maximumConcurrency'],
  ['more time than Lambda has', { timeoutSeconds: 901 }, 'indexers.0.timeoutSeconds'],
])('%s is refused', (_, changes, fault) => {
  expect(faultsOf(withFirst(changes))).toContain(fault);
});

test('endpoints are not made here', () => {
  const network = {
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0'],
    availabilityZones: ['eu-west-1a'],
    routeTableIds: ['rtb-0123456789abcdef0'],
    createEndpoints: true,
  };
  expect(faultsOf({ ...settings(), network })).toContain('network.createEndpoints: must be false');
});
