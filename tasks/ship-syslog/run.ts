import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readEnvironment } from '../../workflow/environment.ts';
import type { Log } from '../log.ts';
import type { Surroundings } from '../process.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { shipSyslogEnvironment, type ShipSyslogEnvironment } from './settings.ts';
import { shipFile } from './ship.ts';
import { openSpool, type Spool } from './spool.ts';

/** What is written is on the disk, and a file that is due is closed, within so long. */
const roundMilliseconds = 1000;
const pauseAfterFailureMilliseconds = 10_000;

export const exitCodes = { stopped: 0, failed: 1, receiverEnded: 2 } as const;

/**
 * Runs rsyslog, closes its file every minute, and stores what is closed, until it is told to stop. Whatever it did not store
 * stands in the spool folder, and the next start stores it. Answers with the exit code; never throws.
 */
export async function run({ variables, storeOf, now, signal, log }: Surroundings): Promise<number> {
  try {
    const settings = readEnvironment(shipSyslogEnvironment, variables);
    const store = storeOf(settings.LOG_BUCKET, settings.LOG_BUCKET_REGION);
    const spool = await openSpool(settings.SPOOL_FOLDER, {
      now: now(),
      abandonedAfterSeconds: settings.ABANDONED_AFTER_SECONDS,
    });
    const receiver = await startReceiver(settings, spool.openFile);
    log('INFO', 'Receiving', { tcpPort: settings.TCP_PORT, tlsPort: settings.TLS_PORT, receiver: receiver.pid });

    const end = new AbortController();
    const stop = (): void => end.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const ended = receiver.ended.finally(stop);
    const storing = keepStoring({ store, spool, receiver, prefix: settings.KEY_PREFIX, log, now, signal: end.signal });
    await keepClosing({ spool, receiver, settings, now, signal: end.signal }).finally(() => receiver.stop());
    const how = await ended;
    await storing;
    await spool.close(now());
    await storeClosed({ store, spool, receiver, prefix: settings.KEY_PREFIX, log });
    await spool.leave();
    if (signal.aborted) return exitCodes.stopped;
    log('ERROR', `rsyslog ${how}`, { error: 'ReceiverEnded' });
    return exitCodes.receiverEnded;
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    log('ERROR', message, { error: name, stack });
    return exitCodes.failed;
  }
}

async function keepClosing({
  spool,
  receiver,
  settings,
  now,
  signal,
}: {
  readonly spool: Spool;
  readonly receiver: Receiver;
  readonly settings: ShipSyslogEnvironment;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}): Promise<void> {
  while (!signal.aborted) {
    await spool.sync();
    const file = await spool.measure(now());
    const isDue =
      file &&
      (now().getTime() - file.since.getTime() >= settings.CLOSE_AFTER_SECONDS * 1000 ||
        file.bytes >= settings.CLOSE_AFTER_MIB * 1024 ** 2);
    if (isDue) {
      await spool.close(now());
      receiver.reopen();
    }
    await sleep(roundMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}

interface Storing {
  readonly store: ObjectStore;
  readonly spool: Spool;
  readonly receiver: Receiver;
  readonly prefix: string;
  readonly log: Log;
}

async function keepStoring({
  now,
  signal,
  ...storing
}: Storing & { readonly now: () => Date; readonly signal: AbortSignal }): Promise<void> {
  while (!signal.aborted) {
    const isAllTaken = await takeOver(storing, now());
    const isAllStored = await storeClosed(storing);
    const pause = isAllTaken && isAllStored ? roundMilliseconds : pauseAfterFailureMilliseconds;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Takes over what earlier processes left. False when that failed; it is tried again. */
async function takeOver({ spool, log }: Pick<Storing, 'spool' | 'log'>, now: Date): Promise<boolean> {
  try {
    for (const file of await spool.takeOver(now)) log('WARN', 'Took over a file of an earlier process', { file });
    return true;
  } catch (error) {
    log('ERROR', ...told(error));
    return false;
  }
}

/** Stores every closed file that the receiver has let go of. False when that failed; what is not stored stays for later. */
async function storeClosed({ store, spool, receiver, prefix, log }: Storing): Promise<boolean> {
  let file: string | undefined;
  try {
    for (file of await spool.closed()) {
      if (await receiver.holds(file)) continue;
      log('INFO', 'Stored', { ...(await shipFile(store, prefix, file)) });
    }
    return true;
  } catch (error) {
    log('ERROR', ...told(error, { file }));
    return false;
  }
}

function told(thrown: unknown, facts: Readonly<Record<string, unknown>> = {}): [string, Record<string, unknown>] {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return [message, { error: name, ...facts }];
}
