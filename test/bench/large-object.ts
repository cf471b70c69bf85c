/**
 * Loads one large gzip object by continuation, as the function `index-s3-objects` with 512 MiB and 60 s a run does, and checks that
 * every line arrived exactly once: `node test/bench/large-object.ts [--mib 1536] [--null] [--cpu 1]`. The object lies in a versitygw,
 * the documents go to an OpenSearch of its own or, with `--null`, to a server that only counts them, so that the indexer is measured.
 * `--cpu 0.29` lets the process run for that share of the time, as Lambda gives 512 MiB (a whole core with 1769 MiB).
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startOpenSearch } from '../../infra/local/servers/opensearch.ts';
import { startVersitygw } from '../../infra/local/servers/versitygw.ts';
import { startCountingCluster } from './counting-cluster.ts';
import { startIndexerProcess } from './indexer-child.ts';
import { checkSequences, makeSequenceIndex } from './sequences.ts';
import { type Written, writeNumberedLines } from './numbered-lines.ts';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1536' },
    null: { type: 'boolean', default: false },
    cpu: { type: 'string', default: '1' },
  },
});
const memoryMiB = 512;
const secondsPerRun = 60;
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
const [bucket, key] = ['large', 'object.gz'];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const since = (begin: number): number => (performance.now() - begin) / 1000;

interface Target {
  readonly url: string;
  /** @throws when not every line is there exactly once */
  check(lines: number): Promise<string>;
  stop(): Promise<void>;
}

async function countingTarget(lines: number): Promise<Target> {
  const cluster = await startCountingCluster(lines);
  return {
    url: cluster.url,
    check: () => {
      const counts = `${cluster.created()} lines, ${cluster.doubled()} of them twice, ${cluster.duplicates()} repeated with the same id`;
      if (cluster.created() !== lines || cluster.doubled() > 0) throw new TypeError(`${counts} instead of ${lines}`);
      return Promise.resolve(counts);
    },
    stop: () => cluster.stop(),
  };
}

async function openSearchTarget(folder: string): Promise<Target> {
  const node = await startOpenSearch({ version: '3.8.0', dataDir: join(folder, 'opensearch'), heapMegabytes: 1024 });
  await makeSequenceIndex(node.url, 'large-2026.01.02');
  return {
    url: node.url,
    check: async (lines) => {
      await checkSequences(node.url, 'large-2026.01.02', lines);
      return `${lines} lines, numbered without a gap`;
    },
    stop: () => node.stop(),
  };
}

/** @returns the seconds of all runs */
async function load(target: Target, s3Url: string): Promise<number> {
  const child = await startIndexerProcess({
    variables: {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: s3Url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      DOMAIN_ENDPOINT: target.url,
      INDEXER: 'large',
      FORMAT: 'json-lines',
      INDEX_PATTERN: 'large-YYYY.MM.DD',
      QUEUE_URL: 'http://127.0.0.1:9/queue',
      REJECTS_BUCKET: bucket,
    },
    memoryMiB,
    cpuShare: Number(values.cpu),
  });
  let [run, seconds] = [0, 0];
  try {
    let body: string | undefined = JSON.stringify({ permafrost: 'backfill', objects: [{ bucket, key }] });
    for (; body !== undefined; run += 1) {
      const answer = await child.run({ body, seconds: secondsPerRun });
      seconds += answer.seconds;
      const next = answer.sent.map((sent) => (JSON.parse(sent) as { resume: { offset: number } }).resume.offset);
      say(
        `run ${run + 1}: ${answer.seconds.toFixed(1)} s, ${answer.measured['RecordsIndexed']} indexed, ` +
          `${answer.measured['RecordsDuplicate']} repeated, ${next.length > 0 ? `goes on at offset ${next[0]}` : 'the end'}, ` +
          `peak ${answer.peakMiB.toFixed(0)} MiB`,
      );
      for (const warning of answer.warnings) say(warning);
      if (answer.failed || answer.sent.length > 1) throw new TypeError('The run failed');
      if (answer.seconds > secondsPerRun) throw new TypeError('The run took longer than the function has');
      if (answer.peakMiB > memoryMiB) throw new TypeError('The run took more memory than the function has');
      [body] = answer.sent;
    }
  } finally {
    await child.stop();
  }
  return seconds;
}

async function upload(s3Url: string, file: string): Promise<void> {
  const s3 = new S3Client({ endpoint: s3Url, region: 'us-east-1', credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { size } = await stat(file);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: createReadStream(file), ContentLength: size }));
  s3.destroy();
}

async function prepare(folder: string, s3Url: string): Promise<Written> {
  const file = join(folder, key);
  const begin = performance.now();
  const written = await writeNumberedLines(file, Number(values.mib) * 2 ** 20);
  const { size } = await stat(file);
  await upload(s3Url, file);
  await rm(file);
  say(`${written.lines} lines, ${mib(written.bytes)} MiB, gzip ${mib(size)} MiB, made in ${since(begin).toFixed(0)} s`);
  return written;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-large-'));
try {
  await mkdir(join(folder, 's3'));
  const gateway = await startVersitygw({ dataDir: join(folder, 's3'), credentials });
  try {
    const { lines, bytes } = await prepare(folder, gateway.url);
    const target = values.null ? await countingTarget(lines) : await openSearchTarget(folder);
    try {
      const seconds = await load(target, gateway.url);
      say(`exactly once: ${await target.check(lines)}`);
      say(
        `${seconds.toFixed(1)} s: ${Math.round(lines / seconds)} lines/s, ${(bytes / 2 ** 20 / seconds).toFixed(1)} MiB/s`,
      );
    } finally {
      await target.stop();
    }
  } finally {
    await gateway.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
