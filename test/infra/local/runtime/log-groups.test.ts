import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { readSubscriptionEvent } from '../../../../functions/ingest/subscription-message.ts';
import { LogGroups, type SubscriptionPayload } from '../../../../infra/local/runtime/log-groups.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:indexer';
const now = Date.parse('2026-01-15T12:00:00Z');
const hour = 3_600_000;
let delivered: [string, SubscriptionPayload][];
let groups: LogGroups;

beforeEach(() => {
  delivered = [];
  groups = make();
});
const make = (at = now): LogGroups =>
  new LogGroups(
    (...delivery) => void delivered.push(delivery),
    () => at,
  );
interface Message {
  messageType: string;
  logEvents: { id: string; timestamp: number; message: string }[];
}
const read = ({ awslogs: { data } }: SubscriptionPayload): Message =>
  JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as Message;
const take = (): Message[] => delivered.splice(0).map(([, payload]) => read(payload));

describe('a subscription', () => {
  test('is tried by a control message, which the indexer knows', async () => {
    groups.subscribe({ logGroupName: '/app', filterName: 'all', functionArn });
    expect(delivered).toHaveLength(1);
    expect(delivered[0]![0]).toBe(functionArn);
    expect(read(delivered[0]![1])).toEqual({
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logGroup: '',
      logStream: '',
      subscriptionFilters: [],
      logEvents: [{ id: '', timestamp: now, message: 'CWL CONTROL MESSAGE: Checking health of destination Lambda.' }],
    });
    expect(await readSubscriptionEvent(delivered[0]![1])).toEqual({ kind: 'control' });
  });

  test('gets what is put into its group, and nothing else', async () => {
    groups.subscribe({ logGroupName: '/app', filterName: 'all', functionArn });
    groups.createGroup('/other');
    for (const group of ['/app', '/other']) groups.createStream(group, 's1');
    delivered.length = 0;
    groups.put('/other', 's1', [{ timestamp: now, message: 'elsewhere' }]);
    expect(delivered).toEqual([]);
    const answer = groups.put('/app', 's1', [
      { timestamp: now - hour, message: 'one' },
      { timestamp: now, message: 'ünï' },
    ]);
    expect(answer).toEqual({});
    const id = expect.stringMatching(/^\d{56}$/) as string;
    expect(delivered.map(([, payload]) => read(payload))).toEqual([
      {
        messageType: 'DATA_MESSAGE',
        owner: '000000000000',
        logGroup: '/app',
        logStream: 's1',
        subscriptionFilters: ['all'],
        logEvents: [
          { id, timestamp: now - hour, message: 'one' },
          { id, timestamp: now, message: 'ünï' },
        ],
      },
    ]);
    expect(await readSubscriptionEvent(delivered[0]![1])).toMatchObject({ kind: 'data', newest: new Date(now) });
  });

  test('is one of at most two in a group, each of which gets everything', () => {
    const add = (filterName: string) => () =>
      groups.subscribe({ logGroupName: '/app', filterName, functionArn: `${functionArn}-${filterName}` });
    add('a')();
    add('b')();
    expect(add('c')).toThrow('Resource limit exceeded.');
    groups.createStream('/app', 's');
    delivered.length = 0;
    groups.put('/app', 's', [{ timestamp: now, message: 'x' }]);
    expect(delivered.map(([arn]) => arn)).toEqual([`${functionArn}-a`, `${functionArn}-b`]);
  });
});

test('ids differ and rise, for equal lines at one time too, in later calls, and after a restart', () => {
  const ids = [make(), make(now + 1)].flatMap((some) => {
    some.subscribe({ logGroupName: '/app', filterName: 'all', functionArn });
    some.createStream('/app', 's');
    const line = { timestamp: now, message: 'the same' };
    for (const events of [[line, line, line], [line]]) some.put('/app', 's', events);
    return take().flatMap(({ messageType, logEvents }) =>
      messageType === 'DATA_MESSAGE' ? logEvents.map(({ id }) => id) : [],
    );
  });
  expect(new Set(ids).size).toBe(8);
  expect(ids.toSorted()).toEqual(ids);
});

test('events that are too old or too new are told by their place, and the others are delivered', () => {
  groups.subscribe({ logGroupName: '/app', filterName: 'all', functionArn });
  groups.createStream('/app', 's');
  delivered.length = 0;
  const at = (timestamp: number) => ({ timestamp, message: String(timestamp) });
  const old = at(now - 15 * 24 * hour);
  const fresh = at(now + hour);
  expect(groups.put('/app', 's', [old, old, at(now), fresh, at(now + 3 * hour)])).toEqual({
    tooOldLogEventEndIndex: 2,
    tooNewLogEventStartIndex: 4,
  });
  expect(take()[0]?.logEvents.map(({ timestamp }) => timestamp)).toEqual([now, fresh.timestamp]);
  expect(groups.put('/app', 's', [old])).toEqual({ tooOldLogEventEndIndex: 1 });
  expect(delivered).toEqual([]);
});

describe('the service refuses', () => {
  test('what is there already', () => {
    groups.createGroup('/app');
    groups.createStream('/app', 's');
    expect(() => groups.createGroup('/app')).toThrow('The specified log group already exists');
    expect(() => groups.createStream('/app', 's')).toThrow('The specified log stream already exists');
  });

  test('what is not there', () => {
    expect(() => groups.createStream('/app', 's')).toThrow('The specified log group does not exist.');
    expect(() => groups.put('/app', 's', [])).toThrow('The specified log group does not exist.');
    groups.createGroup('/app');
    expect(() => groups.put('/app', 's', [])).toThrow('The specified log stream does not exist.');
  });
});
