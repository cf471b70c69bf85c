import { spawn } from 'node:child_process';
import { InstallFailed } from '../errors.ts';

const LINES_QUOTED = 15;

/** Runs a command to its end and returns its output. Throws InstallFailed with the output's last lines. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const outcome = await new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? null : `ended with ${signal ?? `code ${code ?? 'unknown'}`}`),
    );
  });
  if (outcome === null) return output;
  const tail = output.trimEnd().split('\n').slice(-LINES_QUOTED).join('\n');
  throw new InstallFailed(`${command} ${args.join(' ')}: ${outcome}\n${tail}`);
}
