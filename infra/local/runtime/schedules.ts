import { randomUUID } from 'node:crypto';
import { RuntimeServiceError } from './errors.ts';

export interface Schedule {
  name: string;
  arn: string;
  targetArn: string;
  /** JSON text with `<aws.scheduler.*>` context attributes. */
  input: string;
}

type Start = (targetArn: string, input: string) => Promise<unknown>;

/** EventBridge Scheduler whose clock is the caller. */
export class Schedules {
  readonly #schedules = new Map<string, Schedule>();
  readonly #start: Start;

  constructor(start: Start) {
    this.#start = start;
  }

  add(schedule: Schedule): void {
    this.#schedules.set(schedule.name, schedule);
  }

  names(): string[] {
    return [...this.#schedules.keys()];
  }

  /** Invokes the target now, as if `time` were the scheduled time; returns what the target's start returned. */
  async fire(name: string, time = new Date()): Promise<unknown> {
    const schedule = this.#schedules.get(name);
    if (!schedule) throw new RuntimeServiceError('ResourceNotFoundException', `Schedule ${name} does not exist.`);
    const context: Record<string, string> = {
      'scheduled-time': time.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      'schedule-arn': schedule.arn,
      'execution-id': randomUUID(),
      'attempt-number': '1',
    };
    const input = schedule.input.replaceAll(
      /<aws\.scheduler\.([a-z-]+)>/g,
      (whole, key: string) => context[key] ?? whole,
    );
    return this.#start(schedule.targetArn, input);
  }
}
