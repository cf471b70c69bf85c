import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { backfillCommand } from '../../../../infra/ingest/commands/backfill.ts';
import { CommandMisused, runCommand, type Command, type Outcome } from '../../../../infra/ingest/commands/command.ts';
import { redriveCommand } from '../../../../infra/ingest/commands/redrive-dead-letters.ts';
import { replayCommand } from '../../../../infra/ingest/commands/replay.ts';
import { setCredentials } from '../../../../infra/ingest/commands/set-credentials.ts';
import { keptTerminal } from './terminal.ts';

const { AWS_REGION } = process.env;
beforeEach(() => {
  delete process.env.AWS_REGION;
});
afterEach(() => {
  if (AWS_REGION === undefined) delete process.env.AWS_REGION;
  else process.env.AWS_REGION = AWS_REGION;
});

const schema = z.object({ name: z.string().min(2, 'must have two letters'), fast: z.boolean().default(false) });
const command = (run: () => Outcome): Command<typeof schema> => ({
  name: 'try',
  about: 'Tries.',
  schema,
  options: { name: { value: 'NAME', help: 'a name' }, fast: { help: 'fast' } },
  run: () => Promise.resolve().then(run),
});
const fails = (error: Error): (() => Outcome) => {
  return () => {
    throw error;
  };
};

test.each([
  ['what is done', (): Outcome => 'done', 0],
  ['something left', (): Outcome => 'left', 1],
  ['a failure', fails(new RangeError('out of range')), 1],
  ['misuse that shows late', fails(new CommandMisused('no')), 2],
])('%s has its exit code', async (_case, run, code) => {
  expect(await runCommand(command(run), ['--name', 'ab'], keptTerminal())).toBe(code);
});

test.each([
  ['a missing option', [], '--name is missing'],
  ['an option that it does not take', ['--name', 'a'], '--name must have two letters'],
  ['an unknown option', ['--name', 'ab', '--other'], '--other'],
  ['a word that is no option', ['--name', 'ab', 'more'], 'positional'],
])('%s is named', async (_case, args, said) => {
  const terminal = keptTerminal();
  expect(await runCommand(command(fails(new RangeError('must not run'))), args, terminal)).toBe(2);
  expect(terminal.lines.join('\n')).toContain(said);
  expect(terminal.lines.join('\n')).toContain('npm run try -- --help');
});

test('the region is the one that was given', async () => {
  await runCommand(
    command(() => 'done'),
    ['--name', 'ab', '--region', 'eu-west-3'],
    keptTerminal(),
  );
  expect(process.env.AWS_REGION).toBe('eu-west-3');
});

describe.each([setCredentials, redriveCommand, backfillCommand, replayCommand])('$name', (each) => {
  test('explains each of its options, without doing anything', async () => {
    const terminal = keptTerminal();
    expect(await runCommand(each as unknown as Command<typeof schema>, ['--help'], terminal)).toBe(0);
    for (const option of Object.keys(each.schema.shape)) expect(terminal.lines.join('\n')).toContain(`--${option}`);
  });
});

const queue = 'https://sqs.eu-west-1.amazonaws.com/111122223333/indexer';
test.each([
  [backfillCommand, ['--bucket', 'logs', '--queue', 'indexer'], '--queue must be the URL of a queue'],
  [backfillCommand, ['--bucket', 'logs', '--queue', queue, '--since', 'yesterday'], '--since must be a day or a time'],
  [backfillCommand, ['--bucket', 'logs', '--queue', queue, '--since', '2026-01-02T00:00:00'], '--since must be'],
  [
    backfillCommand,
    ['--bucket', 'logs', '--queue', queue, '--objects-per-message', '0'],
    '--objects-per-message must be a whole number from 1 to 100',
  ],
  [redriveCommand, ['--from', `${queue}.fifo`], '--from must not be a FIFO queue'],
  [redriveCommand, ['--from', queue, '--to', queue], 'the same queue'],
  [replayCommand, ['--bucket', 'b'], '--function is missing'],
  [setCredentials, ['--parameter', '/a', '--key', 'alias/aws/ssm'], 'a key of your own'],
  [setCredentials, ['--parameter', '/a', '--key', 'alias/x', '--password', 'secret'], '--password'],
  [setCredentials, ['--parameter', '/a b', '--key', 'alias/x'], '--parameter must be the name of a parameter'],
])('a call that makes no sense is refused before anything is asked ($0.name $1)', async (each, args, said) => {
  const terminal = keptTerminal();
  expect(await runCommand(each as unknown as Command<typeof schema>, args, terminal)).toBe(2);
  expect(terminal.lines.join('\n')).toContain(said);
  expect(terminal.lines.join('\n')).not.toContain('secret');
});
