import { parseArgs } from 'node:util';
import { z } from 'zod';

/** A command of the operator: `npm run <name> -- <options>`. */
export interface Command<S extends z.ZodObject> {
  readonly name: string;
  /** What it does, in whole sentences. */
  readonly about: string;
  /** The options as the schema has them, in the order in which the help names them. */
  readonly options: { readonly [Name in Extract<keyof z.input<S>, string>]: CommandOption };
  readonly schema: S;
  run(options: z.output<S>, terminal: Terminal): Promise<Outcome>;
}

export interface CommandOption {
  /** What stands for its value in the help. Without it, the option is a switch. */
  readonly value?: string;
  readonly help: string;
}

/** `left`: it did what it could, and something is left to do. */
export type Outcome = 'done' | 'left';

/** Where a command speaks, and hears that it shall stop. */
export interface Terminal {
  readonly say: (line: string) => void;
  /** Aborted when the operator has asked to stop: what is begun is ended, nothing else is begun. */
  readonly stop: AbortSignal;
}

/** The command was called in a way that it does not know, or that makes no sense. */
export class CommandMisused extends Error {
  override readonly name = 'CommandMisused';
}

const done = 0;
const left = 1;
const misused = 2;

/** Options of every command. */
const commonOptions = {
  region: { value: 'REGION', help: 'of the service; default: AWS_REGION, or that of the profile' },
  help: { help: 'shows this text' },
} satisfies Record<string, CommandOption>;

/** @returns the exit code: 0 done, 1 failed or something is left, 2 misused */
export async function runCommand<S extends z.ZodObject>(
  command: Command<S>,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    const { help, region, ...given } = parse(command, args);
    if (help === true) {
      terminal.say(helpOf(command));
      return done;
    }
    if (typeof region === 'string') process.env.AWS_REGION = region;
    const outcome = await command.run(check(command, given), terminal);
    return outcome === 'done' ? done : left;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Unknown', message: String(error) };
    if (error instanceof CommandMisused) {
      terminal.say(`${message}\nnpm run ${command.name} -- --help says more.`);
      return misused;
    }
    terminal.say(`${name}: ${message}`);
    return left;
  }
}

function parse(command: Command<z.ZodObject>, args: readonly string[]): Record<string, string | boolean | undefined> {
  const all: Record<string, CommandOption> = { ...command.options, ...commonOptions };
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' } as const]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw new CommandMisused(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function check<S extends z.ZodObject>(command: Command<S>, given: Record<string, unknown>): z.output<S> {
  const parsed = command.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new CommandMisused(
    parsed.error.issues
      .map(({ path, message }) => {
        const name = String(path[0] ?? '');
        return name in given ? `--${name} ${message}` : `--${name} is missing`;
      })
      .join('\n'),
  );
}

function helpOf({ name, about, options }: Command<z.ZodObject>): string {
  const rows = Object.entries({ ...options, ...commonOptions } as Record<string, CommandOption>).map(
    ([option, { value, help }]) => [`  --${option}${value ? ` ${value}` : ''}`, help] as const,
  );
  const width = Math.max(...rows.map(([option]) => option.length)) + 2;
  return [
    about,
    '',
    `npm run ${name} -- [options]`,
    '',
    ...rows.map(([option, help]) => `${option.padEnd(width)}${help}`),
    '',
    'Exit code: 0 done, 1 failed or something is left to do, 2 misused.',
  ].join('\n');
}

/** Runs the command of this process. The first Ctrl-C asks it to stop, the second ends it. */
export async function main<S extends z.ZodObject>(command: Command<S>): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    process.stderr.write('\nStopping after what has been begun; Ctrl-C again ends at once.\n');
    stop.abort();
  });
  const terminal: Terminal = { say: (line) => void process.stdout.write(`${line}\n`), stop: stop.signal };
  process.exitCode = await runCommand(command, process.argv.slice(2), terminal);
}
