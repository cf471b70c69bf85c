/**
 * guard.mjs COMMAND ARGUMENTS...: runs a command in a process group of its own and ends that group when the parent is gone.
 *
 * Standard input is a pipe that the parent never writes to: it closes however the parent ends, SIGKILL included. SIGTERM to
 * the guard asks the group to end; what has not ended after PERMAFROST_GUARD_GRACE_MS is killed. Descriptor 3 tells the
 * parent the group's id, should the guard itself be killed. The guard ends as its command did. Plain JavaScript, nothing
 * imported that is slow: one guard runs for each server.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers';

const REPORT_DESCRIPTOR = 3;
const KILLED_WITHIN_MS = 250; // longer is only the wait of a dead process for its new parent to notice
const { PERMAFROST_GUARD_GRACE_MS: grace, ...env } = process.env;

// Ctrl-C reaches the whole foreground group; it is for the parent to decide what that means.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

const child = spawn(process.argv[2], process.argv.slice(3), {
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true,
});
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
if (child.pid !== undefined) writeSync(REPORT_DESCRIPTOR, `${child.pid}\n`);
closeSync(REPORT_DESCRIPTOR);

/** False when the group has ended. */
function signalGroup(signal) {
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

let ending = false;
function endGroup() {
  if (ending) return;
  ending = true;
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), Number(grace ?? 10_000));
}
process.on('SIGTERM', endGroup);
process.stdin.on('end', endGroup).on('error', endGroup).resume();

child.on('exit', (code, signal) => {
  const deadline = Date.now() + KILLED_WITHIN_MS;
  (function endWhenAlone() {
    // What the command started and left behind is killed, and gone before the guard is.
    if (signalGroup('SIGKILL') && Date.now() < deadline) {
      setTimeout(endWhenAlone, 10);
      return;
    }
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  })();
});
