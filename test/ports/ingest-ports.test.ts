import { Readable } from 'node:stream';
import {
  LambdaClient,
  LambdaServiceException,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { lambdaEventSourceMappings } from '../../ports/lambda-event-source-mappings.ts';
import { s3LogObjects } from '../../ports/s3-log-objects.ts';
import { sqsMessageQueue } from '../../ports/sqs-message-queue.ts';

const region = 'eu-west-1';
const failure = (
  name: string,
  status: number,
): { name: string; message: string; $fault: 'client' } & {
  $metadata: { httpStatusCode: number };
} => ({ name, message: 'said so', $fault: 'client', $metadata: { httpStatusCode: status } });

describe('log objects of S3', () => {
  const mock = mockClient(S3Client);
  beforeEach(() => void mock.reset());
  const objects = s3LogObjects(new S3Client({ region }));
  const answer = (text: string, bytes = text.length): object => ({
    Body: Readable.from([Buffer.from(text)]),
    ContentLength: bytes,
    ETag: '"abc-2"',
    LastModified: new Date('2026-01-02T03:04:05Z'),
    VersionId: 'v1',
  });

  test('are opened by their version', async () => {
    mock.on(GetObjectCommand, { Bucket: 'logs', Key: 'a b', VersionId: 'v1' }).resolves(answer('hello'));
    const { body, ...facts } = await objects.open('logs', 'a b', { versionId: 'v1' });
    expect(facts).toMatchObject({
      bytes: 5,
      etag: 'abc-2',
      versionId: 'v1',
      lastModified: new Date('2026-01-02T03:04:05Z'),
    });
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('hello');
  });

  test('that end early are not taken for whole', async () => {
    mock.on(GetObjectCommand).resolves(answer('hello', 9));
    const { body } = await objects.open('logs', 'a');
    await expect(Array.fromAsync(body)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });

  test('that are gone are missing', async () => {
    mock.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'gone', $metadata: { httpStatusCode: 404 } }));
    await expect(objects.open('logs', 'a')).rejects.toMatchObject({ name: 'ObjectMissing' });
  });
});

describe('a queue of SQS', () => {
  const mock = mockClient(SQSClient);
  beforeEach(() => void mock.reset());
  const queue = sqsMessageQueue(new SQSClient({ region }), 'https://sqs.eu-west-1.amazonaws.com/1/q');

  test('takes a message, at once or delayed', async () => {
    mock.on(SendMessageCommand).resolves({});
    await queue.send('now');
    await queue.send('later', { delaySeconds: 60 });
    expect(
      mock.commandCalls(SendMessageCommand).map(({ args: [{ input }] }) => [input.MessageBody, input.DelaySeconds]),
    ).toEqual([
      ['now', undefined],
      ['later', 60],
    ]);
  });

  test.each([
    [new SQSServiceException(failure('AccessDenied', 403)), 'NotAllowed'],
    [new SQSServiceException(failure('KmsAccessDenied', 400)), 'NotAllowed'],
    [new SQSServiceException(failure('ServiceUnavailable', 503)), 'QueueUnavailable'],
    [new TypeError('socket hang up'), 'QueueUnavailable'],
  ])('names a failure (%s)', async (error, name) => {
    mock.on(SendMessageCommand).rejects(error);
    await expect(queue.send('x')).rejects.toMatchObject({ name });
  });
});

describe('event source mappings of Lambda', () => {
  const mock = mockClient(LambdaClient);
  beforeEach(() => void mock.reset());
  const mappings = lambdaEventSourceMappings(new LambdaClient({ region }));

  test('are found on every page', async () => {
    mock
      .on(ListEventSourceMappingsCommand, { FunctionName: 'f', EventSourceArn: 'q' })
      .resolvesOnce({ EventSourceMappings: [{ UUID: 'one' }], NextMarker: 'next' })
      .resolvesOnce({ EventSourceMappings: [{ UUID: 'two' }] });
    expect(await mappings.find('f', 'q')).toEqual(['one', 'two']);
    expect(mock.commandCalls(ListEventSourceMappingsCommand)[1]?.args[0].input.Marker).toBe('next');
  });

  test('are switched', async () => {
    mock.on(UpdateEventSourceMappingCommand).resolves({});
    await mappings.setEnabled('one', false);
    expect(mock.commandCalls(UpdateEventSourceMappingCommand)[0]?.args[0].input).toEqual({
      UUID: 'one',
      Enabled: false,
    });
  });

  test('that are gone need no switch', async () => {
    mock
      .on(UpdateEventSourceMappingCommand)
      .rejects(new LambdaServiceException(failure('ResourceNotFoundException', 404)));
    await expect(mappings.setEnabled('one', true)).resolves.toBeUndefined();
  });

  test.each([
    [failure('AccessDeniedException', 403), 'NotAllowed'],
    [failure('ResourceInUseException', 400), 'MappingsUnavailable'],
    [failure('ServiceException', 500), 'MappingsUnavailable'],
  ])('name a failure (%j)', async (error, name) => {
    mock.on(UpdateEventSourceMappingCommand).rejects(new LambdaServiceException(error));
    await expect(mappings.setEnabled('one', true)).rejects.toMatchObject({ name });
  });
});
