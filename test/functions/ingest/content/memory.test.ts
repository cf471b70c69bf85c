import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it(
  '300 MiB of lines, an array of 100 MiB and endless lines and values take bounded memory',
  { timeout: 120_000 },
  async () => {
    const child = fileURLToPath(new URL('memory-child.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=48', child]);
    const { peakMiB, ...read } = JSON.parse(stdout) as Record<string, number>;
    expect(read).toEqual({ lines: 307_200, elements: 102_401, endlessLine: 1, endlessValue: 2 });
    expect(peakMiB).toBeLessThan(250);
  },
);
