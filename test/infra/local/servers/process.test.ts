import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort, startProcess, startServer } from '../../../../infra/local/servers/process.ts';

const module = fileURLToPath(new URL('../../../../infra/local/servers/process.ts', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'process-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A zombie has ended: it only waits for its parent to notice. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  try {
    return !/^State:\s*Z/m.test(readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}

/** Writes its own id and that of a child of its own, then stays. */
async function familyScript(prelude = ''): Promise<{ script: string; pids: () => Promise<number[]> }> {
  const script = join(folder, 'family.mjs');
  const file = join(folder, 'pids');
  await writeFile(
    script,
    `import { spawn } from 'node:child_process';
     import { renameSync, writeFileSync } from 'node:fs';
     ${prelude}
     const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
     writeFileSync(${JSON.stringify(`${file}.new`)}, process.pid + ' ' + child.pid);
     renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)});
     setInterval(() => {}, 1000);`,
  );
  const pids = async (): Promise<number[]> => {
    await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 20_000, interval: 20 });
    return (await readFile(file, 'utf8')).split(' ').map(Number);
  };
  return { script, pids };
}

async function expectGone(pids: readonly number[]): Promise<void> {
  expect(pids).toHaveLength(2);
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 20_000, interval: 20 });
}

function options(script: string): Parameters<typeof startProcess>[0] {
  return { name: 'family', command: process.execPath, args: [script], logFile: join(folder, 'log') };
}

describe('a supervised process', { timeout: 60_000 }, () => {
  it('is stopped with everything it started', async () => {
    const { script, pids } = await familyScript();
    const running = await startProcess(options(script));
    const started = await pids();
    await running.stop();
    await expectGone(started);
    await expect(running.exited).resolves.toEqual({ code: null, signal: 'SIGTERM' });
    await running.stop();
  });

  it('is killed when it ignores SIGTERM', async () => {
    const { script, pids } = await familyScript(`process.on('SIGTERM', () => {});`);
    const running = await startProcess({ ...options(script), stopGraceMs: 200 });
    const started = await pids();
    await running.stop();
    await expectGone(started);
    await expect(running.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('ends when its parent is ended by %s', async (signal) => {
    const { script, pids } = await familyScript();
    const parentScript = join(folder, 'parent.ts');
    await writeFile(
      parentScript,
      `import { startProcess } from ${JSON.stringify(module)};
       await startProcess(${JSON.stringify(options(script))});`,
    );
    const parent = spawn(process.execPath, [parentScript], { stdio: 'inherit' });
    const exit = once(parent, 'exit');
    const started = await pids();
    expect(started.filter(isAlive)).toEqual(started);
    parent.kill(signal);
    await exit;
    await expectGone(started);
  });

  it('ends when its guard is killed', async () => {
    const { script, pids } = await familyScript();
    const running = await startProcess(options(script));
    const started = await pids();
    const guard = Number(/^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${started[0]!}/status`, 'utf8'))?.[1]);
    process.kill(guard, 'SIGKILL');
    await running.exited;
    await expectGone(started);
  });

  it('takes what it started along when it ends by itself', async () => {
    const { script, pids } = await familyScript(`setTimeout(() => process.exit(3), 300);`);
    const running = await startProcess(options(script));
    const started = await pids();
    await expect(running.exited).resolves.toEqual({ code: 3, signal: null });
    await expectGone(started);
  });

  it('sees the environment it was given and nothing of the guard', async () => {
    const print = `console.log(process.env.GREETING, Object.keys(process.env).filter((name) => /GUARD/.test(name)).length)`;
    const running = await startProcess({
      ...options('-e'),
      args: ['-e', print],
      env: { ...process.env, GREETING: 'hello' },
    });
    await expect(running.exited).resolves.toEqual({ code: 0, signal: null });
    await expect(readFile(join(folder, 'log'), 'utf8')).resolves.toBe('hello 0\n');
  });
});

describe('starting a server', { timeout: 60_000 }, () => {
  it('fails with the end of the log when the process ends before it is ready', async () => {
    const script = `console.error('no such disk'); process.exit(4)`;
    const start = startServer({
      ...options('-e'),
      args: ['-e', script],
      ready: () => Promise.resolve(false),
      startTimeoutMs: 20_000,
    });
    await expect(start).rejects.toMatchObject({
      name: 'ServerStartFailed',
      message: expect.stringMatching(/^family ended with code 4 .*\nno such disk$/s) as string,
    });
  });

  it('fails with the reason when the command does not exist', async () => {
    const start = startServer({
      ...options(''),
      command: '/no/such/command',
      ready: () => Promise.resolve(false),
      startTimeoutMs: 20_000,
    });
    await expect(start).rejects.toThrow(/ENOENT/);
  });

  it('leaves nothing running when it is not ready in time', async () => {
    const { script, pids } = await familyScript();
    const start = startServer({ ...options(script), ready: () => Promise.resolve(false), startTimeoutMs: 2000 });
    start.catch(() => undefined);
    const started = await pids();
    await expect(start).rejects.toThrow(/was not ready after 2 s/);
    await expectGone(started);
  });

  it('waits through refusals until it is ready', async () => {
    const { script } = await familyScript();
    let asked = 0;
    const ready = async (): Promise<boolean> => {
      await sleep(1);
      asked += 1;
      if (asked < 3) throw new RangeError('connection refused');
      return true;
    };
    const running = await startServer({ ...options(script), ready, startTimeoutMs: 20_000 });
    expect(asked).toBe(3);
    await running.stop();
  });

  it('finds ports that are free', async () => {
    const ports = await Promise.all([freePort(), freePort()]);
    expect(ports.every((port) => port > 1023)).toBe(true);
  });
});
