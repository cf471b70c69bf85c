/** A local stack of its own that stops with logs in its queues, and starts again over the same data: no line is lost. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { startStack, type Stack } from '../../infra/local/stack.ts';
import { localDomain } from '../../infra/local/synth.ts';
import { messagesIn } from '../support/queue-depth.ts';
import { ask, openSearchUrl } from './stack.ts';

const dataDir = fileURLToPath(new URL('../../.local/test-restart', import.meta.url));
/** Of a day that no other test writes to. */
const index = 'syslog-2021.07.08';
const objects = 12;
const linesOfObject = 5;

let stack: Stack | undefined;
afterAll(async () => {
  await stack?.stop();
  await ask('DELETE', `/${index}?ignore_unavailable=true`);
});
const start = async (fresh: boolean): Promise<Stack> =>
  startStack({
    // That of what brings logs in: it needs no workflow.
    assemblies: inject('assemblies').slice(1),
    dataDir,
    fresh,
    domain: localDomain,
    external: { openSearch: openSearchUrl },
  });
function clients({ endpoints: { region, credentials, aws, s3 } }: Stack) {
  const access = { region, credentials: { ...credentials } };
  return {
    lambda: new LambdaClient({ ...access, endpoint: aws }),
    s3: new S3Client({ ...access, endpoint: s3, forcePathStyle: true }),
    sqs: new SQSClient({ ...access, endpoint: aws }),
  };
}
async function count(): Promise<number> {
  await ask('POST', `/${index}/_refresh?ignore_unavailable=true`);
  return (await ask<{ count: number }>('GET', `/${index}/_count?ignore_unavailable=true`)).count;
}

test('objects that came before the stop are indexed after the next start, each line once', async () => {
  stack = await start(true);
  const { lambda, s3, sqs } = clients(stack);
  const FunctionName = 'permafrost-index-syslog';
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
  for (const { UUID } of EventSourceMappings)
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  for (let number = 0; number < objects; number += 1) {
    const lines = Array.from(
      { length: linesOfObject },
      (_, line) => `<165>1 2021-07-08T09:10:11Z web app - - - ${line}\n`,
    );
    const Key = `syslog/${number}.log.gz`;
    const Body = gzipSync(lines.join(''));
    await s3.send(new PutObjectCommand({ Bucket: stack.endpoints.buckets.logs!, Key, Body }));
  }
  // But for what the poll under way has brought.
  expect(await messagesIn(sqs, stack.outputs.get('SyslogQueueUrl')!)).toBeGreaterThan(0);
  await stack.stop();
  expect(await count()).toBeLessThan(objects * linesOfObject);

  stack = await start(false);
  await vi.waitFor(async () => expect(await count()).toBe(objects * linesOfObject), { timeout: 60_000, interval: 200 });
  const again = clients(stack).sqs;
  await vi.waitFor(async () => expect(await messagesIn(again, stack!.outputs.get('SyslogQueueUrl')!)).toBe(0), {
    timeout: 30_000,
    interval: 200,
  });
  expect(await messagesIn(again, stack.outputs.get('SyslogDeadLetterQueueUrl')!)).toBe(0);
});
