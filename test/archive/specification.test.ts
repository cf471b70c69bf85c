import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainLinkKey, chainSignatureKey, checksumsKey, signingKeyKey, volumeKey } from '../../archive/keys.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { idOfDay, seal } from './seal-example.ts';

/** The commands of docs/archive-format.md, section 10, run as they stand there. */
const specification = readFileSync(new URL('../../docs/archive-format.md', import.meta.url), 'utf8');
const commands = (name: string): string =>
  new RegExp(`\`\`\`sh\n# ${name}\n([\\s\\S]+?)\`\`\``).exec(specification)?.[1] ?? 'exit 99';

describe('the commands of the specification', () => {
  const root = mkdtempSync(join(tmpdir(), 'specification-'));
  const bucket = join(root, 'bucket');
  const ec = memorySigner({ keyId: 'key-ec' });
  const rsa = memorySigner({ keyId: 'key-rsa', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' });
  beforeAll(async () => {
    const store = memoryObjectStore({ bucket: 'archive', versioned: true });
    await seal(store, ec, idOfDay(1));
    await seal(store, rsa, idOfDay(2));
    await seal(store, ec, idOfDay(3));
    for await (const { key } of store.list('')) {
      mkdirSync(dirname(join(bucket, key)), { recursive: true });
      writeFileSync(join(bucket, key), await store.read(key));
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  let copies = 0;
  /** Runs the commands in a copy of the bucket that `harm` has altered. */
  function run(
    name: string,
    harm: (path: (key: string) => string) => void = () => undefined,
  ): { status: number; out: string } {
    const folder = join(root, `copy-${(copies += 1)}`);
    cpSync(bucket, folder, { recursive: true });
    harm((key) => join(folder, key));
    const environment = { ...process.env, ID: idOfDay(1), KEY: 'key-ec', LC_ALL: 'C' };
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', commands(name)], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    return { status: status ?? -1, out: stdout + stderr };
  }
  const flip = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[20]! ^= 1;
    writeFileSync(path, bytes);
  };

  it('accept an archive and show its fingerprint', async () => {
    const { status, out } = run('check-archive');
    expect(out).toContain(keyFingerprint(await ec.publicKeyPem()));
    expect(out).toContain('Verified OK');
    expect(out.match(/: OK$/gm)).toHaveLength(3);
    expect(status).toBe(0);
  });

  it.each([
    ['volume', volumeKey(idOfDay(1), 2)],
    ['manifest', `catalog/${idOfDay(1)}/manifest.json`],
    ['SHA256SUMS', checksumsKey(idOfDay(1))],
  ])('refuse an archive with a flipped bit in its %s', (_, key) => {
    expect(run('check-archive', (path) => flip(path(key))).status).not.toBe(0);
  });

  it('accept the chain, over a change of signing keys', () => {
    const { status, out } = run('check-chain');
    expect(out.match(/Verified OK/g)).toHaveLength(3);
    expect(out.match(/SHA256SUMS: OK/g)).toHaveLength(3);
    expect(status).toBe(0);
  });

  it('name a link that is not sealed and go on', () => {
    const { status, out } = run('check-chain', (path) => rmSync(path(chainSignatureKey(2))));
    expect(out).toContain('00000002.json: not sealed');
    expect(status).toBe(0);
  });

  it.each([
    ['a link was taken out', (path: (key: string) => string) => rmSync(path(chainLinkKey(2)))],
    ['a link was altered', (path: (key: string) => string) => flip(path(chainLinkKey(2)))],
    [
      'an unsigned link was altered',
      (path: (key: string) => string) => {
        rmSync(path(chainSignatureKey(2)));
        flip(path(chainLinkKey(2)));
      },
    ],
    [
      'a signing key was exchanged',
      (path: (key: string) => string) => cpSync(path(signingKeyKey('key-ec')), path(signingKeyKey('key-rsa'))),
    ],
    ['a sealed SHA256SUMS was altered', (path: (key: string) => string) => flip(path(checksumsKey(idOfDay(2))))],
  ])('refuse the chain when %s', (_, harm) => {
    expect(run('check-chain', harm).status).not.toBe(0);
  });
});
