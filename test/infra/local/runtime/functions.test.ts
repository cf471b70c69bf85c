import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Functions, type FunctionSettings } from '../../../../infra/local/runtime/functions.ts';

const code = `
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  switch (event?.do) {
    case 'environment': return process.env;
    case 'context': return { ...context, left: context.getRemainingTimeInMillis() };
    case 'count': return calls;
    case 'fail': throw Object.assign(new Error('no such index'), { name: 'IndexMissing' });
    case 'fail plainly': throw new Error('plain');
    case 'busy': for (;;);
    case 'hang': return new Promise(() => setInterval(() => {}, 1000));
    case 'exit': process.exit(3);
    case 'eat': { const all = []; for (;;) all.push(new Array(1e6).fill(calls)); }
    case 'log': console.log('to standard output'); console.error('to standard error'); return;
    case 'meet': await new Promise((resolve) => setTimeout(resolve, 100)); return calls;
  }
  return event;
};
`;

let folder: string;
let functions: Functions;
const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

function define(name: string, settings: Partial<FunctionSettings> = {}): void {
  functions.define({
    name,
    arn: arn(name),
    directory: folder,
    handler: 'index.handler',
    environment: { BUCKET: 'staging' },
    timeoutSeconds: 10,
    memoryMb: 128,
    ...settings,
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
  writeFileSync(join(folder, 'index.mjs'), code);
  writeFileSync(join(folder, 'broken.mjs'), "import 'no-such-package';");
  functions = new Functions(join(folder, 'logs'));
  define('plain');
  define('hasty', { timeoutSeconds: 1.5 });
});

afterAll(async () => {
  await functions.close();
  rmSync(folder, { recursive: true });
});

test('a function sees exactly the variables that it is given', async () => {
  expect(await functions.invoke('plain', { do: 'environment' })).toEqual({ BUCKET: 'staging' });
});

test('an event comes back as it went, nothing as null', async () => {
  expect(await functions.invoke('plain', { deep: [1, 'ü', null] })).toEqual({ deep: [1, 'ü', null] });
  expect(await functions.invoke('plain', null)).toBeNull();
});

test('name, ARN, version and qualifier all find the function, which is told', async () => {
  for (const name of ['plain:1', arn('plain'), `${arn('plain')}:1`]) {
    expect(await functions.invoke(name, { do: 'context' })).toMatchObject({
      functionName: 'plain',
      functionVersion: name.endsWith(':1') ? '1' : '$LATEST',
      memoryLimitInMB: '128',
    });
  }
});

test('an unknown function is an error of the service', async () => {
  await expect(functions.invoke(arn('gone'), {})).rejects.toMatchObject({ name: 'Lambda.ResourceNotFoundException' });
});

test('a worker stays warm, and a second call at the same time gets one of its own', async () => {
  define('counting');
  expect(await functions.invoke('counting', { do: 'count' })).toBe(1);
  expect(await functions.invoke('counting', { do: 'count' })).toBe(2);
  const together = [functions.invoke('counting', { do: 'meet' }), functions.invoke('counting', { do: 'meet' })];
  expect((await Promise.all(together)).sort()).toEqual([1, 3]);
});

test('more calls than workers wait for their turn', async () => {
  define('crowded');
  const calls = Array.from({ length: 20 }, () => functions.invoke('crowded', { do: 'meet' }));
  expect(Math.max(...((await Promise.all(calls)) as number[]))).toBeGreaterThan(1);
});

describe('a failed call says what Lambda would say:', () => {
  test('the error the handler threw', async () => {
    const failed = functions.invoke('plain', { do: 'fail' });
    await expect(failed).rejects.toMatchObject({ name: 'IndexMissing', message: 'no such index' });
    await expect(failed).rejects.toHaveProperty('trace.0', 'IndexMissing: no such index');
    await expect(functions.invoke('plain', { do: 'fail plainly' })).rejects.toMatchObject({ name: 'Error' });
  });

  test.each(['busy', 'hang'])('Sandbox.Timedout when it is past its time (%s)', async (what) => {
    await expect(functions.invoke('hasty', { do: what })).rejects.toMatchObject({
      name: 'Sandbox.Timedout',
      message: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1.50 seconds$/) as string,
    });
    expect(await functions.invoke('hasty', { next: true })).toEqual({ next: true });
  });

  test.each(['exit', 'eat'])('Runtime.ExitError when its process is gone (%s)', { timeout: 20_000 }, async (what) => {
    await expect(functions.invoke('plain', { do: what })).rejects.toMatchObject({ name: 'Runtime.ExitError' });
    expect(await functions.invoke('plain', { next: true })).toEqual({ next: true });
  });

  test.each([
    ['absent.handler', 'Runtime.ImportModuleError'],
    ['index.absent', 'Runtime.HandlerNotFound'],
  ])('a handler %s that is not there', async (handler, name) => {
    define('misnamed', { handler });
    await expect(functions.invoke('misnamed', {})).rejects.toMatchObject({ name });
  });

  test('a module that the bundle lacks', async () => {
    define('broken', { handler: 'broken.handler' });
    await expect(functions.invoke('broken', {})).rejects.toThrow('no-such-package');
  });
});

test('what a function prints is in its log file', async () => {
  define('talkative');
  await functions.invoke('talkative', { do: 'log' });
  await expect
    .poll(() => readFileSync(join(folder, 'logs/talkative.log'), 'utf8'))
    .toMatch(/to standard output[^]*to standard error|to standard error[^]*to standard output/);
});

test('calls that wait when the functions are closed fail, and start no thread', async () => {
  const closing = new Functions(join(folder, 'closing-logs'));
  closing.define({
    ...{ name: 'slow', arn: arn('slow'), directory: folder, handler: 'index.handler' },
    ...{ environment: {}, timeoutSeconds: 10, memoryMb: 128 },
  });
  const calls = Array.from({ length: 12 }, () => closing.invoke('slow', { do: 'hang' }));
  const ended = Promise.allSettled(calls);
  await closing.close();
  const errors = (await ended).map((call) => (call.status === 'rejected' ? (call.reason as Error).name : 'none'));
  expect(errors.toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'Lambda.ServiceException'),
    ...Array.from({ length: 8 }, () => 'Runtime.ExitError'),
  ]);
  await expect(closing.invoke('slow', {})).rejects.toThrow('The local stack is stopping');
});
