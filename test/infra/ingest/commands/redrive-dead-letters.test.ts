import {
  DeleteMessageCommand,
  ListDeadLetterSourceQueuesCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, test } from 'vitest';
import { backfillOf } from '../../../../functions/ingest/messages/own-messages.ts';
import { redrive, sourceOf } from '../../../../infra/ingest/commands/redrive-dead-letters.ts';
import { type SqsInMemory, sqsInMemory } from './sqs-in-memory.ts';
import { keptTerminal, type KeptTerminal } from './terminal.ts';

const dead = 'https://sqs.eu-west-1.amazonaws.com/111122223333/indexer-dead-letters';
const live = 'https://sqs.eu-west-1.amazonaws.com/111122223333/indexer';
const client = new SQSClient({ region: 'eu-west-1' });

let sqs: SqsInMemory;
let terminal: KeptTerminal;
beforeEach(() => {
  sqs = sqsInMemory();
  terminal = keptTerminal();
});
const run = (options: { limit?: number; dryRun?: boolean } = {}): Promise<string> =>
  redrive(client, { from: dead, to: live, limit: Infinity, dryRun: false, ...options }, terminal);
const letters = (count: number): string[] => Array.from({ length: count }, (_, number) => `body ${number}`);
const fill = (count: number): void => {
  for (const body of letters(count)) sqs.put(dead, body);
};

describe('dead letters', () => {
  test('are sent back, each once, and deleted', async () => {
    fill(37);
    expect(await run()).toBe('done');
    expect(sqs.shown(live).sort()).toEqual(letters(37).sort());
    expect(sqs.queues.get(dead)).toEqual([]);
    expect(terminal.lines).toEqual([`37 messages wait in ${dead}.`, `37 messages sent to ${live}.`]);
  });

  test('are sent back as far as the limit', async () => {
    fill(37);
    expect(await run({ limit: 15 })).toBe('done');
    expect(sqs.shown(live)).toHaveLength(15);
    expect(sqs.shown(dead)).toHaveLength(22);
  });

  test('keep their attributes', async () => {
    sqs.put(dead, 'body', { origin: { DataType: 'String', StringValue: 'elsewhere' } });
    await run();
    expect(sqs.queues.get(live)?.[0]?.MessageAttributes).toMatchObject({ origin: { StringValue: 'elsewhere' } });
  });

  test('stay when they cannot be sent, and are shown again', async () => {
    fill(20);
    sqs.mock
      .on(SendMessageCommand, { MessageBody: 'body 3' })
      .rejects(Object.assign(new RangeError('no'), { name: 'KMS.DisabledException' }));
    expect(await run()).toBe('left');
    expect(sqs.shown(dead)).toContain('body 3');
    expect(sqs.shown(live)).not.toContain('body 3');
    expect([...sqs.shown(dead), ...sqs.shown(live)].sort()).toEqual(letters(20).sort());
    expect(terminal.lines.join('\n')).toContain('m4 is not sent: KMS.DisabledException: no');
    // Nothing is begun after that.
    expect(sqs.shown(live)).toHaveLength(9);
  });

  test('are never lost where one cannot be deleted: it is there twice', async () => {
    fill(3);
    sqs.mock.on(DeleteMessageCommand, { ReceiptHandle: 'handle of m2' }).rejects(new RangeError('no'));
    expect(await run()).toBe('left');
    expect(sqs.shown(live)).toHaveLength(3);
    expect(sqs.queues.get(dead)).toHaveLength(1);
    expect(terminal.lines.join('\n')).toContain('m2 is sent and not deleted');
  });

  test('that die again at once are left, and do not go round for ever', async () => {
    fill(5);
    sqs.mock.on(SendMessageCommand).callsFake(({ MessageBody, MessageAttributes }: SendMessageCommandInput) => {
      sqs.put(MessageBody === 'body 2' ? dead : live, MessageBody!, MessageAttributes);
      return Promise.resolve({});
    });
    expect(await run()).toBe('left');
    expect(sqs.shown(dead)).toEqual(['body 2']);
    expect(sqs.shown(live)).toHaveLength(4);

    // The next run tries it again.
    sqs.mock.on(SendMessageCommand).callsFake(({ MessageBody }: SendMessageCommandInput) => {
      sqs.put(live, MessageBody!);
      return Promise.resolve({});
    });
    expect(await run()).toBe('done');
    expect(sqs.shown(live)).toHaveLength(5);
  });

  test('stay where they are when the operator stops it', async () => {
    fill(30);
    sqs.mock.on(SendMessageCommand).callsFake(({ MessageBody }: SendMessageCommandInput) => {
      terminal.stopNow();
      sqs.put(live, MessageBody!);
      return Promise.resolve({});
    });
    expect(await run()).toBe('left');
    expect(sqs.shown(live)).toHaveLength(10);
    expect(sqs.shown(dead)).toHaveLength(20);
  });

  test('are shown and counted by a dry run, which changes nothing', async () => {
    fill(25);
    expect(await run({ dryRun: true })).toBe('done');
    expect(sqs.shown(dead)).toHaveLength(25);
    expect(sqs.shown(live)).toEqual([]);
    expect(terminal.lines).toHaveLength(12);
    expect(terminal.lines[1]).toBe('2026-01-02T03:00:00.000Z m1 body 0');
    expect(terminal.lines.at(-1)).toBe(`25 messages would be sent to ${live}; nothing was changed.`);
  });

  test('are shown by the objects that they name', async () => {
    const objects = [
      { bucket: 'logs', key: 'a b/1.gz' },
      { bucket: 'logs', key: '2.gz', versionId: 'v2' },
    ];
    sqs.put(dead, backfillOf(objects));
    await run({ dryRun: true });
    expect(terminal.lines[1]).toBe('2026-01-02T03:00:00.000Z m1 s3://logs/a b/1.gz s3://logs/2.gz?versionId=v2');
  });

  test('that are none need no work', async () => {
    expect(await run()).toBe('done');
    expect(terminal.lines.at(-1)).toBe(`0 messages sent to ${live}.`);
  });
});

describe('where they go', () => {
  test('is the queue whose dead letters they are', async () => {
    sqs.mock.on(ListDeadLetterSourceQueuesCommand).resolves({ queueUrls: [live] });
    expect(await sourceOf(client, dead)).toBe(live);
  });

  test.each([
    ['none', []],
    ['several', [live, `${live}-2`]],
  ])('must be said where there are %s', async (_case, queueUrls) => {
    sqs.mock.on(ListDeadLetterSourceQueuesCommand).resolves({ queueUrls });
    await expect(sourceOf(client, dead)).rejects.toThrow('by --to');
  });
});
