import { beforeEach, expect, test } from 'vitest';
import { answerLogs } from '../../../../infra/local/gateway/logs-protocol.ts';
import { LogGroups } from '../../../../infra/local/runtime/log-groups.ts';

const now = Date.parse('2026-01-15T12:00:00Z');
const [hour, day] = [3_600_000, 86_400_000];
const where = { logGroupName: '/app', logStreamName: 's' };
let deliveries: number;
let groups: LogGroups;
const call = (operation: string, input: object) => answerLogs(groups, operation, { ...input });
const put = (...logEvents: object[]) => call('PutLogEvents', { ...where, logEvents });

beforeEach(() => {
  groups = new LogGroups(
    () => (deliveries += 1),
    () => now,
  );
  groups.subscribe({ logGroupName: '/app', filterName: 'all', functionArn: 'f' });
  groups.createStream('/app', 's');
  deliveries = 0;
});

test('group and stream are made, then events are taken', () => {
  const other = { logGroupName: '/new', logStreamName: 'a/b' };
  expect(call('CreateLogGroup', { logGroupName: '/new' })).toEqual({ status: 200, content: {} });
  expect(call('CreateLogStream', other)).toEqual({ status: 200, content: {} });
  const logEvents = [{ timestamp: now, message: 'x' }];
  expect(call('PutLogEvents', { ...other, logEvents })).toEqual({ status: 200, content: {} });
  expect(put({ timestamp: now, message: 'x' })).toEqual({ status: 200, content: {} });
  expect(deliveries).toBe(1);
});

test('events outside the time that the service takes are told in the answer', () => {
  const logEvents = [{ timestamp: now + 3 * hour, message: 'x' }];
  expect(call('PutLogEvents', { ...where, logEvents })).toEqual({
    status: 200,
    content: { rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } },
  });
  expect(deliveries).toBe(0);
});

test.each([
  ['CreateLogGroup', { logGroupName: '/app' }, 'ResourceAlreadyExistsException'],
  ['CreateLogStream', where, 'ResourceAlreadyExistsException'],
  ['CreateLogStream', { ...where, logGroupName: '/none' }, 'ResourceNotFoundException'],
  ['CreateLogGroup', {}, 'InvalidParameterException'],
  ['GetLogEvents', where, 'UnknownOperationException'],
])('%s %j is refused: %s', (operation, input, error) => {
  expect(call(operation, input)).toMatchObject({ status: 400, content: { __type: error } });
});

test.each([
  ['of no events', [], 'logEvents'],
  ['with an empty message', [{ timestamp: now, message: '' }], 'logEvents.0.message'],
  ['without a time', [{ message: 'x' }], 'logEvents.0.timestamp'],
  [
    'out of order',
    [
      { timestamp: now, message: 'x' },
      { timestamp: now - 1, message: 'x' },
    ],
    'chronological order',
  ],
  [
    'of more than a day',
    [
      { timestamp: now - day - 1, message: 'x' },
      { timestamp: now, message: 'x' },
    ],
    '24 hours',
  ],
  ['of more than 1 MiB', [{ timestamp: now, message: 'ü'.repeat(524_276) }], 'Upload too large'],
  ['of more than 10,000 events', Array.from({ length: 10_001 }, () => ({ timestamp: now, message: 'x' })), 'logEvents'],
])('a batch %s is refused whole', (_what, logEvents, problem) => {
  const { status, content } = put(...logEvents);
  expect({ status, ...(content as object) }).toMatchObject({
    status: 400,
    __type: 'InvalidParameterException',
    message: expect.stringContaining(problem) as string,
  });
  expect(deliveries).toBe(0);
});

test('a batch of exactly 1 MiB is taken', () => {
  expect(put({ timestamp: now, message: 'ü'.repeat(524_275) }).status).toBe(200);
  expect(deliveries).toBe(1);
});
