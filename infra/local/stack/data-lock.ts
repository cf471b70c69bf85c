import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Another stack is running over the same data; the message names its process. */
export class DataInUse extends Error {
  override readonly name = 'DataInUse';
}

/** Takes the data directory for this process; returns what gives it back. A lock whose process has gone is taken over. */
export function lockData(dataDir: string): () => void {
  const file = `${dataDir}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  const take = (): boolean => {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  };
  if (!take()) {
    const holder = Number(readFileSync(file, 'utf8'));
    if (isAlive(holder))
      throw new DataInUse(`A stack is running over ${dataDir} already (process ${holder}): stop it first`);
    rmSync(file, { force: true });
    if (!take()) throw new DataInUse(`A stack is starting over ${dataDir} at this moment`);
  }
  return () => rmSync(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
