import { type AccessLog, accessLog } from './access-logs.ts';
import { type CloudTrailEvent, cloudTrailEvent } from './cloudtrail-events.ts';
import { momentsOf } from './day.ts';
import { seededRandom } from './random.ts';

export interface DayOptions {
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  readonly docs: number;
  readonly seed: number;
}

/** A day of mixed logs, in order of time: about four access logs for each CloudTrail event. The same options give the same documents. */
export function* generate({ date, docs, seed }: DayOptions): Generator<AccessLog | CloudTrailEvent> {
  const random = seededRandom(`${date}/${seed}`);
  for (const time of momentsOf(date, docs, random))
    yield random.next() < 0.8 ? accessLog(time, random) : cloudTrailEvent(time, random);
}
