import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexCloudwatchLogs } from '../../functions/ingest/index-cloudwatch-logs.ts';
import { documentMaker } from '../../functions/ingest/make-document.ts';
import { readMessage } from '../../functions/ingest/messages/read-message.ts';
import { failedEventsPrefix } from '../../infra/ingest/cloudwatch/failed-events-prefix.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { ssmClusterUser } from '../../ports/ssm-cluster-user.ts';
import { command } from './command.ts';
import { makeQueue, sqs } from './queues.ts';
import { ask, endpoints, openSearchUrl, operator, s3 } from './stack.ts';

/** The commands as an operator calls them: processes of their own, on real servers; Lambda is the only stand-in. */

const own = randomUUID().slice(0, 8);
const aws = { ...operator, endpoint: endpoints.aws };
async function take(queue: string, count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let vain = 0; bodies.length < count && vain < 5; vain += 1) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length > 0) vain = 0;
    bodies.push(...Messages.map(({ Body }) => Body!));
    for (const { ReceiptHandle } of Messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
  }
  return bodies;
}

test('set-credentials stores what the indexers read', async () => {
  const kms = new KMSClient(aws);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const alias = `alias/ingest-${own}`;
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata!.KeyId }));
  const parameter = `/ingest-commands/${own}`;
  for (const password of ['first', 'päss "two"']) {
    const stored = await command('set-credentials', ['--parameter', parameter, '--key', alias], {
      input: `indexer\n${password}\n`,
    });
    expect(stored).toMatchObject({ code: 0, said: expect.not.stringContaining(password) as string });
    expect(await ssmClusterUser(new SSMClient(aws), parameter).current()).toEqual({ username: 'indexer', password });
  }
});

test('backfill puts every object below the prefix into the queue, and nothing else', async () => {
  const bucket = `ingest-commands-${own}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const keys = Array.from({ length: 23 }, (_, number) => `logs/a b+ä/${number}`);
  for (const Key of [...keys, 'other/1'])
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'a line\n' }));
  const { url: queue } = await makeQueue('indexer');
  const options = ['--bucket', bucket, '--prefix', 'logs/', '--queue', queue];
  expect(await command('backfill', [...options, '--dry-run'])).toMatchObject({
    code: 0,
    said: expect.stringContaining('23 objects (0.0 MiB) in 3 messages would be put into the queue') as string,
  });
  expect(await command('backfill', options)).toMatchObject({ code: 0 });
  const objects = (await take(queue, 3)).flatMap((body) => readMessage(body).objects);
  expect(objects.map(({ key }) => key).sort()).toEqual(keys.sort());
  expect(objects.every((object) => object.bucket === bucket && object.bytes === 7)).toBe(true);
});

test('redrive-dead-letters sends them to the queue that is named', async () => {
  const [{ url: dead }, { url: live }] = [await makeQueue('dead'), await makeQueue('live')];
  const bodies = Array.from({ length: 12 }, (_, number) => `letter ${number}`);
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody }));
  const options = ['--from', dead, '--to', live];

  expect(await command('redrive-dead-letters', [...options, '--dry-run'])).toMatchObject({ code: 0 });
  expect(await command('redrive-dead-letters', options)).toMatchObject({
    code: 0,
    said: expect.stringContaining(`12 messages sent to ${live}`) as string,
  });
  expect((await take(live, 12)).sort()).toEqual(bodies.sort());
  expect(await take(dead, 1)).toEqual([]);
});

describe('replay', () => {
  const bucket = `ingest-failed-${own}`;
  const failed = s3ObjectStore(s3, bucket);
  const functionName = `index-cloudwatch-logs-${own}`;
  const index = `cwl-${own}-2026.01.02`;
  const broken = new Set<string>();
  let lambda: Server;
  const at = (): string => `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`;

  /** Invokes the function's own code, as Lambda does for RequestResponse (API reference, "Invoke"). */
  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    lambda = createServer((incoming, outgoing) => {
      void (async () => {
        const payload = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
        try {
          expect(incoming.url).toBe(`/2015-03-31/functions/${functionName}/invocations`);
          if (broken.has(payload)) throw new RangeError('not yet repaired');
          outgoing.end(JSON.stringify(await indexOnce(JSON.parse(payload))));
        } catch (error) {
          outgoing.setHeader('x-amz-function-error', 'Unhandled');
          const { name, message } = error as Error;
          outgoing.end(JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
        }
      })();
    });
    await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    lambda.close();
    await fetch(new URL(`/${index}`, openSearchUrl), { method: 'DELETE' });
  });
  const indexOnce = (event: unknown): Promise<unknown> =>
    indexCloudwatchLogs(
      event,
      { getRemainingTimeInMillis: () => 60_000 },
      {
        indexer: 'cloudwatch-logs',
        cluster: openSearchDocumentWriter({
          endpoint: openSearchUrl,
          region: operator.region,
          credentials: () => Promise.resolve(operator.credentials),
        }),
        rejects: failed,
        documents: documentMaker(`cwl-${own}-YYYY.MM.DD`),
        limits: { bytes: 1024 * 1024, documents: 1000, inFlight: 2 },
        now: () => new Date(),
        sleep: () => Promise.resolve(),
        random: () => 0,
      },
      { info: () => undefined, warn: () => undefined, measure: () => undefined },
    );

  test('indexes each failed event, keeps those that fail again, and adds nothing twice', async () => {
    const payloads = Array.from({ length: 4 }, (_, message) => {
      const logEvents = Array.from({ length: 50 }, (_line, line) => ({
        id: `${message}-${line}`,
        timestamp: Date.parse('2026-01-02T03:04:05Z'),
        message: line % 5 === 0 ? 'the same line' : JSON.stringify({ line }),
      }));
      const data = { messageType: 'DATA_MESSAGE', owner: '111122223333', logGroup: '/app', logStream: 's', logEvents };
      return { awslogs: { data: gzipSync(JSON.stringify(data)).toString('base64') } };
    });
    for (const [number, requestPayload] of payloads.entries()) {
      const record = {
        version: '1.0',
        timestamp: '2026-01-02T03:10:00.000Z',
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        requestPayload,
        responsePayload: { errorType: 'ClusterUnreachable', errorMessage: 'no answer' },
      };
      await failed.put(`${failedEventsPrefix(functionName)}2026/01/02/${number}`, Buffer.from(JSON.stringify(record)));
    }
    // One was indexed in part before it failed.
    await indexOnce(payloads[1]);
    broken.add(JSON.stringify(payloads[2]));

    const options = ['--bucket', bucket, '--function', functionName];
    const variables = { AWS_ENDPOINT_URL_LAMBDA: at() };
    expect(await command('replay', options, { variables })).toMatchObject({
      code: 1,
      said: expect.stringMatching(/RangeError: not yet repaired[\s\S]*3 events replayed and deleted, 1 kept/) as string,
    });
    broken.clear();
    expect(await command('replay', options, { variables })).toMatchObject({ code: 0 });

    await ask('POST', `/${index}/_refresh`);
    expect(await ask('GET', `/${index}/_count`)).toMatchObject({ count: 200 });
    expect(await Array.fromAsync(failed.list(''))).toEqual([]);
  });
});
