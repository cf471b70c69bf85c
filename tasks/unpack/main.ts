import { S3Client } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { TaskInterrupted } from '../../workflow/errors.ts';
import { exitCodes } from './failure.ts';
import { jsonLines } from '../consolidate/log.ts';
import { run } from './run.ts';

/** From the signal until the process ends whatever is left to tidy; ECS sends SIGKILL 30 s after SIGTERM by default. */
const graceMilliseconds = 8000;

const log = jsonLines(process.stdout, {
  task: 'unpack',
  restoreId: process.env['RESTORE_ID'],
  archiveId: process.env['ARCHIVE_ID'],
  volume: Number(process.env['VOLUME']),
});
const client = new S3Client({
  maxAttempts: 5,
  // The volume, writes and part uploads have connections of their own; a connection on which nothing moves is given up.
  requestHandler: {
    connectionTimeout: 10_000,
    socketTimeout: 120_000,
    httpsAgent: { maxSockets: 320, keepAlive: true },
  },
});

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    if (stop.signal.aborted) return;
    log('WARN', `Stopping on ${signal}`);
    stop.abort(new TaskInterrupted(`The task was told to stop (${signal}).`));
    setTimeout(() => process.exit(exitCodes.interrupted), graceMilliseconds).unref();
  });

process.exitCode = await run({
  variables: process.env,
  storeOf: (bucket) => s3ObjectStore(client, bucket),
  now: () => new Date(),
  signal: stop.signal,
  log,
});
client.destroy();
