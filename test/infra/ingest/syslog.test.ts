import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../tasks/ship-syslog/run.ts';
import { rsyslogOfDebian, SyslogReceiver } from './syslog-receiver.ts';

/** rsyslog of Debian runs the shipped configuration. */

beforeAll(rsyslogOfDebian, 180_000);

let receiver: SyslogReceiver;
beforeEach(() => {
  receiver = new SyslogReceiver();
});
afterEach(async () => {
  await receiver.stop();
  receiver.remove();
});

const rfc3164 = (text: string): string => `<34>Oct 11 22:14:15 mymachine su: ${text}`;
const rfc5424 = (text: string): string =>
  `<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 812 ID47 [exampleSDID@32473 iut="3"] ${text}`;
/** RFC 6587: the message's length in bytes stands before it. */
const counted = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
/** When the system will ask the other end of a connection at 127.0.0.1 whether it is there (Linux, proc_net_tcp.txt). */
function secondsToKeepAlive(localPort: number, remotePort: number): number | undefined {
  const end = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = `${end(localPort)} ${end(remotePort)} 01 `;
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((each) => each.includes(established));
  const [, hundredths] = / 02:([0-9A-F]{8}) /.exec(line ?? '') ?? [];
  return hundredths === undefined ? undefined : Number.parseInt(hundredths, 16) / 100;
}
const numbers = (lines: readonly string[]): Set<number> =>
  new Set(lines.flatMap((line) => [...line.matchAll(/ number=(\d+);/g)].map(([, number]) => Number(number))));

describe.each(['tcp', 'tls'] as const)('over %s', (how) => {
  it('takes both RFCs, by lines and by octet counts, and stores them as received', async () => {
    await receiver.start();
    const byLine = [rfc3164("'su root' failed"), rfc5424('An application event, größer'), 'no syslog at all'];
    await receiver.send(how, byLine.map((line) => `${line}\n`).join(''));
    const byCount = [rfc5424('counted'), rfc3164('counted too'), rfc5424('two\nlines')];
    await receiver.send(how, byCount.map(counted).join(''));

    const expected = [...byLine, ...byCount.map((line) => line.replace('\n', '#012'))].sort();
    await expect.poll(() => receiver.linesOnDisk().length, { timeout: 10_000 }).toBe(expected.length);
    expect(await receiver.stop()).toBe(exitCodes.stopped);
    expect((await receiver.storedLines()).sort()).toEqual(expected);
    expect(receiver.linesOnDisk()).toEqual([]);
  });
});

describe('a message of', () => {
  it.each([['lines', (message: string) => `${message}\n`] as const, ['octet counts', counted] as const])(
    '200 KB is kept whole, framed by %s',
    async (_, framed) => {
      await receiver.start();
      const long = rfc5424('x'.repeat(200_000));
      await receiver.send('tcp', framed(long) + framed(rfc3164('the next')));
      await expect
        .poll(() => receiver.linesOnDisk().map(({ length }) => length), { timeout: 10_000 })
        .toEqual([long.length, rfc3164('the next').length]);
      expect(receiver.linesOnDisk()[0] === long).toBe(true);
    },
  );

  it('300 KB, more than is taken as one, is continued in a further line', async () => {
    await receiver.start();
    const long = rfc5424('x'.repeat(300_000));
    await receiver.send('tcp', `${long}\n${rfc3164('the next')}\n`);
    await expect
      .poll(() => receiver.linesOnDisk().map(({ length }) => length), { timeout: 10_000 })
      .toEqual([256 * 1024, long.length - 256 * 1024 - 1, rfc3164('the next').length]);
  });
});

it.each(['tcp', 'tls'] as const)('keeps a connection over %s awake on which nothing comes', async (how) => {
  await receiver.start();
  const socket = await receiver.connect(how);
  try {
    await expect.poll(() => secondsToKeepAlive(socket.remotePort!, socket.localPort!)).toBeGreaterThan(100);
    // Well within what load balancers take for gone.
    expect(secondsToKeepAlive(socket.remotePort!, socket.localPort!)).toBeLessThanOrEqual(120);
  } finally {
    socket.destroy();
  }
});

it('takes nothing at the TLS port that is not TLS', async () => {
  await receiver.start();
  await receiver.send('plain to tls', `${rfc3164('in the clear')}\n`);
  await receiver.send('tls', `${rfc3164('good')}\n`);
  await expect.poll(() => receiver.linesOnDisk(), { timeout: 10_000 }).toEqual([rfc3164('good')]);
});

it('takes senders with a certificate of the given authority only, where there is one', async () => {
  await receiver.start({ senderCertificates: true });
  // The receiver may refuse it before or after the sender has written.
  await receiver.send('tls', `${rfc3164('unknown')}\n`).catch(() => undefined);
  await receiver.send('tls with certificate', `${rfc3164('known')}\n`);
  await expect.poll(() => receiver.linesOnDisk(), { timeout: 10_000 }).toEqual([rfc3164('known')]);
});

it('killed again and again in the middle of writing, it stores every line that had been written, and goes on', async () => {
  const written = new Set<number>();
  let sent = 0;
  for (let round = 0; round < 4; round += 1) {
    await receiver.start();
    const sockets = [await receiver.connect('tcp'), await receiver.connect('tls')];
    for (const socket of sockets) socket.on('error', () => undefined);
    const until = Date.now() + 300 + 300 * round;
    while (Date.now() < until) {
      for (const socket of sockets) {
        for (let count = 0; count < 20; count += 1) {
          socket.write(`${round % 2 === 0 ? rfc3164(` number=${sent};`) : rfc5424(` number=${sent};`)}\n`);
          sent += 1;
        }
      }
      await sleep(5);
    }
    expect(await receiver.kill()).toBe(exitCodes.receiverEnded);
    for (const socket of sockets) socket.destroy();
    for (const number of numbers(receiver.linesOnDisk())) written.add(number);
    for (const number of numbers(await receiver.storedLines())) written.add(number);
  }
  expect(written.size).toBeGreaterThan(1000);

  await receiver.start();
  await receiver.send('tcp', `${rfc3164(' number=999999999;')}\n`);
  // Closed because it is due, and stored while the receiver runs.
  await expect.poll(() => receiver.storedLines(), { timeout: 15_000 }).toContain(rfc3164(' number=999999999;'));
  await receiver.stop();
  const stored = await receiver.storedLines();
  const all = numbers(stored);
  expect([...written].filter((number) => !all.has(number))).toEqual([]);
  expect(receiver.linesOnDisk()).toEqual([]);
  // Each once: nothing is taken a second time after a kill.
  expect(stored.filter((line) => line.endsWith(';')).length).toBe(all.size);
});

it('beginning before the task before it has ended, it takes nothing away from that one, and both store all that they wrote', async () => {
  await receiver.start();
  const next = new SyslogReceiver(receiver);
  await next.start();
  const pairs = [
    { at: receiver, socket: await receiver.connect('tcp') },
    { at: next, socket: await next.connect('tls') },
  ];
  let sent = 0;
  // Longer than it takes to close a file, and to take over what nobody uses.
  for (const until = Date.now() + 7000; Date.now() < until;) {
    for (const { socket } of pairs) {
      socket.write(`${rfc5424(` number=${sent};`)}\n`);
      sent += 1;
    }
    await sleep(5);
  }
  for (const { socket } of pairs) socket.end();
  await sleep(500);
  for (const { at } of pairs) expect(await at.stop()).toBe(exitCodes.stopped);
  const stored = await receiver.storedLines();
  expect(stored).toHaveLength(sent);
  expect(numbers(stored).size).toBe(sent);
  expect(receiver.linesOnDisk()).toEqual([]);
}, 60_000);
