import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { Writable as Sink } from 'node:stream';
import { CommandMisused } from './command.ts';

export interface UserAndPassword {
  readonly username: string;
  readonly password: string;
}

/**
 * Asks for user and password at a terminal, the password twice and without showing it; else reads two lines, user and password.
 * @throws CommandMisused
 */
export async function askUser(
  input: Readable & { readonly isTTY?: boolean },
  output: Writable,
  parameter: string,
): Promise<UserAndPassword> {
  const user = input.isTTY === true ? await fromTerminal(input, output, parameter) : await fromLines(input);
  check(user);
  return user;
}

async function fromTerminal(input: Readable, output: Writable, parameter: string): Promise<UserAndPassword> {
  const ask = async (query: string, isShown: boolean): Promise<string> => {
    // What is typed would else be echoed by this very interface.
    const silent = new Sink({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input, output: isShown ? output : silent, terminal: true, historySize: 0 });
    const cancelled = new AbortController();
    lines.once('SIGINT', () => cancelled.abort());
    lines.once('close', () => cancelled.abort());
    if (!isShown) output.write(query);
    try {
      return await lines.question(isShown ? query : '', { signal: cancelled.signal });
    } catch (cause) {
      throw new CommandMisused('Cancelled: nothing was changed.', { cause });
    } finally {
      lines.close();
      if (!isShown) output.write('\n');
    }
  };
  output.write(`For the parameter ${parameter}\n`);
  const username = await ask('User: ', true);
  const password = await ask('Password (is not shown): ', false);
  if ((await ask('Password again: ', false)) !== password)
    throw new CommandMisused('The passwords differ: nothing was changed.');
  return { username, password };
}

async function fromLines(input: Readable): Promise<UserAndPassword> {
  const text = Buffer.concat(await Array.fromAsync(input as AsyncIterable<Buffer>)).toString();
  const [username, password, ...more] = text.split(/\r?\n/);
  if (username === undefined || password === undefined || more.some((line) => line !== ''))
    throw new CommandMisused('Where the input is no terminal, it must be two lines: user and password');
  return { username, password };
}

/** Never quotes what was typed. */
function check({ username, password }: UserAndPassword): void {
  if (username.trim() === '' || username.includes(':'))
    throw new CommandMisused('The user must not be empty and have no colon (RFC 7617)');
  if (password === '') throw new CommandMisused('The password must not be empty');
  if (/\p{Cc}/u.test(username + password))
    throw new CommandMisused('User and password must not have control characters (RFC 7617)');
}
