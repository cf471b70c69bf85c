/** What the README promises: an archive opens with openssl, sha256sum, gpg and tar, and OpenSearch restores what comes out. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { checksumsKey } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { ensureRecipientKeys, type RecipientKey } from '../../infra/local/keys.ts';
import { leaveLastRun } from '../../infra/local/start/last-run.ts';
import { byHand } from '../../infra/local/start/summary.ts';
import { archive, ask, documentCount, indexOf, makeTheArchive, theArchive } from './stack.ts';

const exec = promisify(execFile);
const index = indexOf(theArchive.date);
const folders: string[] = [];
let manifest: Manifest;
let recipients: RecipientKey[];

beforeAll(async () => {
  const { archiveId } = await makeTheArchive();
  manifest = await readSealedManifest(archive, (await findLink(archive, archiveId))!);
  recipients = await ensureRecipientKeys({ count: 2, profile: 'gpg' });
}, 240_000);
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** The archive as `npm start` leaves it, with a recipient's private key. */
async function takeHome({ privatePath, passphrasePath }: RecipientKey): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'by-hand-'));
  folders.push(folder);
  const { archiveId } = manifest;
  await leaveLastRun(folder, archive, archiveId, { recipientPrivate: privatePath, passphrase: passphrasePath });
  return folder;
}

/** Types the commands into a shell, one after the other, until one fails. */
async function type(folder: string): Promise<string> {
  // gpg leaves its agent running.
  const script = ['set -e', 'trap "gpgconf --kill all" EXIT', ...byHand(manifest, folder)].join('\n');
  const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, LC_ALL: 'C.UTF-8' };
  const { stdout } = await exec('bash', ['-c', script], { env });
  return stdout;
}

test.each([1, 2])('recipient %i opens it by the commands that are shown', async (number) => {
  expect(manifest.encryption.recipients).toContain(recipients[number - 1]!.fingerprint);
  const folder = await takeHome(recipients[number - 1]!);
  const said = (await type(folder)).split('\n');
  expect(said).toEqual(
    expect.arrayContaining(['Verified OK', `${manifest.volumes[0]!.key}: OK`, 'data.tar: OK']) as string[],
  );
  expect(said.filter((line) => /FAILED/.test(line))).toEqual([]);
});

test('what comes out restores, as a read-only repository, into the same documents', async () => {
  const folder = await takeHome(recipients[0]!);
  await type(folder);
  await cp(join(folder, 'repository'), join(inject('repositoryPath'), 'by-hand'), { recursive: true });
  await ask('PUT', '/_snapshot/by-hand', { type: 'fs', settings: { location: 'by-hand', readonly: true } });
  await ask('POST', `/_snapshot/by-hand/${manifest.snapshot.name}/_restore?wait_for_completion=true`, {
    indices: index,
    include_global_state: false,
    include_aliases: false,
    rename_pattern: '(.+)',
    rename_replacement: 'by-hand-$1',
  });
  const { count } = manifest.indices[0]!.documents;
  expect(count).toBe(theArchive.documents);
  expect(await documentCount(`by-hand-${index}`)).toBe(count);
  const { id } = manifest.indices[0]!.samples[0]!;
  const sourceOf = async (name: string): Promise<unknown> =>
    (await ask<{ _source: unknown }>('GET', `/${name}/_doc/${encodeURIComponent(id)}`))._source;
  expect(await sourceOf(`by-hand-${index}`)).toEqual(await sourceOf(index));
  await ask('DELETE', `/by-hand-${index}`);
  await ask('DELETE', '/_snapshot/by-hand');
});

test('a flipped byte in a volume stops before anything is decrypted', async () => {
  const folder = await takeHome(recipients[0]!);
  const { key, bytes } = manifest.volumes[0]!;
  const volume = await open(join(folder, key), 'r+');
  const at = Math.floor(bytes / 2);
  const { buffer } = await volume.read(Buffer.alloc(1), 0, 1, at);
  await volume.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, at);
  await volume.close();
  const refused = await type(folder).catch((error: unknown) => error as { stdout: string });
  expect(refused).toMatchObject({ stdout: expect.stringContaining(`${key}: FAILED`) as string });
  await expect(readFile(join(folder, 'volume.tar'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a checksum list that was not signed stops at the first command', async () => {
  const folder = await takeHome(recipients[0]!);
  const file = join(folder, checksumsKey(manifest.archiveId));
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  );
  const refused = await type(folder).catch((error: unknown) => error as { stdout: string });
  expect(refused).toMatchObject({ code: 1, stdout: 'Verification failure\n' });
});
