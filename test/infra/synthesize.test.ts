import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SettingsInvalid } from '../../infra/config/errors.ts';
import { synthesize } from '../../infra/synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'permafrost-app-'));
afterAll(() => rmSync(folder, { recursive: true }));

let said: string;
const { CDK_CONTEXT_JSON } = process.env;
beforeEach(() => {
  said = '';
  delete process.env.CDK_CONTEXT_JSON;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  if (CDK_CONTEXT_JSON === undefined) delete process.env.CDK_CONTEXT_JSON;
  else process.env.CDK_CONTEXT_JSON = CDK_CONTEXT_JSON;
});

const own = join(folder, 'own.json');
const example = resolve('infra/config/example.json');
const build = (): App => {
  const app = new App({
    outdir: join(folder, 'out'),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
  new Stack(app, 'one', { stackName: 'other-name' });
  new Stack(app, 'two');
  return app;
};

test('without a file, it is said that the stacks are those of the example', async () => {
  const built = vi.fn(build);
  await synthesize({ own, example, build: built });
  expect(built).toHaveBeenCalledWith(example);
  expect(said).toBe('Settings: infra/config/example.json, the example; yours: -c config=FILE\n' + 'Stacks: one, two\n');
});

test('a file in the working directory, and one that is named, are told by their names', async () => {
  writeFileSync(own, '{}');
  await synthesize({ own, example, build });
  expect(said).toContain(`Settings: ${own}\n`);
  process.env.CDK_CONTEXT_JSON = JSON.stringify({ config: 'named.json' });
  const built = vi.fn(build);
  await synthesize({ own, example, build: built });
  expect(built).toHaveBeenCalledWith('named.json');
  expect(said).toContain('Settings: named.json\n');
});

test('settings that cannot be used are told without a stack trace, and fail the process', async () => {
  process.env.CDK_CONTEXT_JSON = JSON.stringify({ config: 'named.json' });
  const refuse = (): App => {
    throw new SettingsInvalid('account: is missing');
  };
  await synthesize({ own, example, build: refuse });
  expect(said).toBe('Settings: named.json\naccount: is missing\n');
  expect(process.exitCode).toBe(1);
});

test('any other failure is not taken for one of the settings', async () => {
  const fail = (): App => {
    throw new RangeError('out of range');
  };
  await expect(synthesize({ own, example, build: fail })).rejects.toThrow('out of range');
});
