import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionRecord } from './execution.ts';

/** Keeps executions, by ARN and in the order they started; with a directory, also over restarts: a JSON file each. */
export class ExecutionStore {
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #directory: string | undefined;

  constructor(directory?: string) {
    this.#directory = directory;
    if (directory === undefined) return;
    mkdirSync(directory, { recursive: true });
    const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
    const records = files.map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as ExecutionRecord);
    records.sort((a, b) => a.startDate - b.startDate);
    for (const record of records) this.#records.set(record.executionArn, record);
  }

  get(executionArn: string): ExecutionRecord | undefined {
    return this.#records.get(executionArn);
  }

  all(): ExecutionRecord[] {
    return [...this.#records.values()];
  }

  /** Adds or keeps a record as it is now; a file is replaced whole, so that a crash leaves the one before. */
  save(record: ExecutionRecord): void {
    this.#records.set(record.executionArn, record);
    if (this.#directory === undefined) return;
    const file = join(this.#directory, fileNameOf(record));
    writeFileSync(`${file}.part`, JSON.stringify(record));
    renameSync(`${file}.part`, file);
  }
}

/** Readable, and distinct for every ARN. */
function fileNameOf({ executionArn, name }: ExecutionRecord): string {
  const digest = createHash('sha256').update(executionArn).digest('hex').slice(0, 16);
  return `${name.replace(/[^\w.-]/g, '-')}-${digest}.json`;
}
