import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Hands a message to a queue or topic; resolves once the destination has it. Whatever it rejects with is taken for a fault that
 * may pass.
 */
export type Notify = (destinationArn: string, message: string) => Promise<void>;

const PAUSES_MS = [100, 300, 900];

/** Tries four times within little more than a second. @throws the last failure of `notify`. */
export async function deliver(notify: Notify, destinationArn: string, message: string): Promise<void> {
  for (const pause of PAUSES_MS) {
    try {
      await notify(destinationArn, message);
      return;
    } catch {
      await sleep(pause);
    }
  }
  await notify(destinationArn, message);
}
