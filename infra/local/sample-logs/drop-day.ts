/** Puts a day of sample logs into the log bucket, as applications ship theirs: objects of JSON lines under gzip. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type DayOptions, generate } from './generate.ts';

export interface DroppedDay {
  /** Lines, over all objects. */
  readonly lines: number;
  readonly objects: number;
  /** Of the objects as they are stored. */
  readonly bytes: number;
}

const linesOfObject = 5000;
const compress = promisify(gzip);

/** Keys: `json-lines/2026/01/01/0000.log.gz`, below which an indexer of the local stack listens. */
export async function dropDay(s3: S3Client, bucket: string, day: DayOptions): Promise<DroppedDay> {
  const dropped = { lines: 0, objects: 0, bytes: 0 };
  let lines: string[] = [];
  const drop = async (): Promise<void> => {
    if (lines.length === 0) return;
    const Body = await compress(lines.join(''));
    const number = String(dropped.objects).padStart(4, '0');
    const Key = `json-lines/${day.date.replaceAll('-', '/')}/${number}.log.gz`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    dropped.lines += lines.length;
    dropped.objects += 1;
    dropped.bytes += Body.length;
    lines = [];
  };
  for (const document of generate(day)) {
    lines.push(`${JSON.stringify(document)}\n`);
    if (lines.length === linesOfObject) await drop();
  }
  await drop();
  return dropped;
}
