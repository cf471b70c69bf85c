import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { createGzip } from 'node:zlib';

/** What was written: how many lines, and their bytes before compression. */
export interface Written {
  readonly lines: number;
  readonly bytes: number;
}

const linesAtOnce = 2000;
const begin = Date.parse('2026-01-02T00:00:00Z');

/** The time of a line; all are of one day, so of one index. */
const line = (sequence: number): string =>
  `{"timestamp":"${new Date(begin + (sequence % 86_400_000)).toISOString()}","sequence":${sequence},"level":"info",` +
  `"request":{"id":"${((sequence * 2_654_435_761) % 4_294_967_296).toString(16)}-7c1e","path":"/orders/${sequence % 9973}"},` +
  `"message":"Order ${sequence % 9973} was read for customer ${(sequence * 7919) % 4999} in the region eu-west-1"}\n`;

/** Writes a gzip file of JSON lines that are numbered from 0, until its content has so many bytes or a little more. */
export async function writeNumberedLines(file: string, leastBytes: number): Promise<Written> {
  let [lines, bytes] = [0, 0];
  const text = function* (): Generator<Buffer> {
    while (bytes < leastBytes) {
      const some = Buffer.from(Array.from({ length: linesAtOnce }, (_, at) => line(lines + at)).join(''));
      lines += linesAtOnce;
      bytes += some.length;
      yield some;
    }
  };
  const gzip: Transform = createGzip({ level: 1, chunkSize: 256 * 1024 });
  await pipeline(Readable.from(text()), gzip, createWriteStream(file));
  return { lines, bytes };
}
