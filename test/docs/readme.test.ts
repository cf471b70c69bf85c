import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageFacts from '../../package.json' with { type: 'json' };
import { usage } from '../../infra/local/start/arguments.ts';
import { archiveRequest } from '../../workflow/contracts.ts';
import { inProcessArchive } from '../support/in-process-archive.ts';
import { secretKey } from '../tasks/consolidate/staged.ts';
import { read } from './markdown.ts';

const exec = promisify(execFile);
const readme = read('README.md');
const commands = (name: string): string =>
  new RegExp(`\`\`\`sh\n# ${name}\n([\\s\\S]+?)\`\`\``).exec(readme)?.[1] ?? 'exit 99';

describe('the commands that open an archive', () => {
  let root: string;
  let original: string;

  /** An archive of the real workflow, laid out as `npm start` leaves it. */
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'readme-'));
    original = join(root, 'original');
    const { states, cluster, archive } = await inProcessArchive();
    try {
      const documents = Array.from({ length: 20 }, (_, n) => ({ id: `d${n}`, source: { n } }));
      cluster.putIndex('logdata-01012026', { documents, shards: 2 });
      expect(await states.run('archive', { indices: ['logdata-01012026'] })).toMatchObject({ status: 'SUCCEEDED' });
      for await (const { key } of archive.list('')) {
        const file = join(original, '.local/last-run', key);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, await archive.read(key));
      }
    } finally {
      await states.close();
    }
    await writeFile(join(original, '.local/last-run/recipient.private.asc'), secretKey('curve25519'));
    await writeFile(join(original, '.local/last-run/recipient.passphrase'), '\n');
  });
  afterAll(() => rm(root, { recursive: true }));

  async function open(
    harm?: (folder: string) => Promise<void>,
  ): Promise<{ code: number; out: string; folder: string }> {
    const home = await mkdtemp(join(root, 'copy-'));
    await cp(original, home, { recursive: true });
    const folder = join(home, '.local/last-run');
    await harm?.(folder);
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, LC_ALL: 'C' };
    const shell = exec('bash', ['-c', commands('open-archive')], { cwd: home, env });
    const ended = shell.then(({ stdout }) => ({ code: 0, stdout }));
    const { code, stdout } = await ended.catch((error: unknown) => error as { code: number; stdout: string });
    return { code, out: stdout, folder };
  }

  test('check it and leave its repository', async () => {
    const { code, out, folder } = await open();
    expect(code).toBe(0);
    expect(out).toContain('Verified OK');
    expect(out).toContain('data.tar: OK');
    expect(readdirSync(join(folder, 'repository'))).toEqual(expect.arrayContaining(['index-0', 'indices']) as string[]);
  });

  test('stop at a volume with a flipped bit, before anything is decrypted', async () => {
    const { code, folder } = await open(async (copy) => {
      const [archiveId] = readdirSync(join(copy, 'archives'));
      const file = join(copy, 'archives', archiveId!, 'volume-00001.tar.pgp');
      const bytes = await readFile(file);
      bytes[100]! ^= 1;
      await writeFile(file, bytes);
    });
    expect(code).not.toBe(0);
    expect(existsSync(join(folder, 'volume.tar'))).toBe(false);
  });
});

test('every npm command that the README names exists', () => {
  const named = [...readme.matchAll(/npm (?:run )?([a-z]+)/g)].map(([, script]) => script!);
  const unknown = named.filter((script) => !(script in packageFacts.scripts));
  expect(unknown).toEqual([]);
});

test('the README names every option of npm start', () => {
  const options = [...usage.matchAll(/^ {2}(--\w+) \w/gm)].map(([, option]) => option!);
  expect(options).toHaveLength(3);
  expect(options.filter((option) => !readme.includes(option))).toEqual([]);
});

test('the inputs that the README names are accepted', () => {
  const inputs = [...readme.matchAll(/^\| `(\{.+?\})` \|/gm)].map(([, input]) => JSON.parse(input!) as unknown);
  expect(inputs).toHaveLength(3);
  for (const input of inputs) expect(archiveRequest.safeParse(input).success).toBe(true);
});
