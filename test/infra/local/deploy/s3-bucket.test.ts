import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../../../infra/local/deploy/local-cloud.ts';
import { s3Bucket } from '../../../../infra/local/deploy/s3-bucket.ts';
import { useS3Proxy } from '../servers/s3-proxy/use-s3-proxy.ts';

const queue = 'arn:aws:sqs:us-east-1:000000000000:queue';
const topic = 'arn:aws:sns:us-east-1:000000000000:topic';
const proxy = useS3Proxy();

/** Deploys the test's bucket with this configuration. */
const deploy = async (NotificationConfiguration?: object) =>
  s3Bucket(
    {
      stack: 'S',
      logicalId: 'Logs',
      type: 'AWS::S3::Bucket',
      properties: { BucketName: proxy.bucket, ...(NotificationConfiguration && { NotificationConfiguration }) },
    },
    { clients: { s3: proxy.s3 } } as LocalCloud,
  );
const filter = (...Rules: { Name: string; Value: string }[]) => ({ Filter: { S3Key: { Rules } } });
const prefix = (Value: string) => ({ Name: 'prefix', Value });
const configuration = {
  QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: queue, ...filter(prefix('a/'), suffix('.gz')) }],
  TopicConfigurations: [
    { Event: 's3:ObjectCreated:*', Topic: topic, ...filter(prefix('b/')) },
    { Event: 's3:ObjectCreated:Copy', Topic: topic, ...filter(prefix('c/')) },
  ],
};

function suffix(Value: string): { Name: string; Value: string } {
  return { Name: 'suffix', Value };
}

describe('the notifications of a bucket', () => {
  it('are those of its template, in the shape of S3', async () => {
    await deploy(configuration);
    const { QueueConfigurations, TopicConfigurations } = await proxy.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: proxy.bucket }),
    );
    expect(QueueConfigurations).toEqual([
      {
        Id: expect.any(String) as string,
        QueueArn: queue,
        Events: ['s3:ObjectCreated:*'],
        Filter: { Key: { FilterRules: [prefix('a/'), suffix('.gz')] } },
      },
    ]);
    expect(TopicConfigurations).toMatchObject([
      { TopicArn: topic, Events: ['s3:ObjectCreated:*'], Filter: { Key: { FilterRules: [prefix('b/')] } } },
      { TopicArn: topic, Events: ['s3:ObjectCreated:Copy'], Filter: { Key: { FilterRules: [prefix('c/')] } } },
    ]);
    await proxy.put('a/x.gz');
    await proxy.put('b/x');
    await proxy.put('c/x');
    expect(proxy.delivered.slice(2).map(({ destination }) => destination)).toEqual([queue, topic]);
  });

  it('are left alone by a later deployment of the same: no further test event', async () => {
    await deploy(configuration);
    expect(proxy.delivered).toHaveLength(2);
    await proxy.restart();
    await deploy(structuredClone(configuration));
    expect(proxy.delivered).toHaveLength(2);
  });

  it('follow the template, to the end', async () => {
    await deploy(configuration);
    await deploy({ QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: queue }] });
    proxy.delivered = [];
    await proxy.put('b/x');
    expect(proxy.delivered.map(({ destination }) => destination)).toEqual([queue]);
    await deploy();
    await proxy.put('b/x');
    expect(proxy.delivered).toHaveLength(1);
  });

  it('stop the deployment when their destination is not there', async () => {
    proxy.refusals = 4;
    const deployment = deploy({ QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: queue }] });
    await expect(deployment).rejects.toThrow('Unable to validate the following destination configurations');
  });

  it.each<[string, object]>([
    ['LambdaConfigurations', { LambdaConfigurations: [] }],
    ['EventBridgeConfiguration', { EventBridgeConfiguration: { EventBridgeEnabled: true } }],
    [
      'NotificationConfiguration.QueueConfigurations.0',
      { QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: queue, Other: 1 }] },
    ],
    [
      'Filter.S3Key.Rules.0.Name',
      { TopicConfigurations: [{ Event: 's3:ObjectCreated:*', Topic: topic, ...filter({ Name: 'size', Value: '1' }) }] },
    ],
  ])('stop the deployment by name when they are not simulated: %s', async (name, given) => {
    await expect(async () => deploy(given)).rejects.toThrow(name);
  });
});
