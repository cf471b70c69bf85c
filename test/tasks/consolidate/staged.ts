import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { planKey, repositoryPrefix, volumeKey } from '../../../archive/keys.ts';
import { type EncryptionProfile, planBytes } from '../../../archive/plan.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { ConsolidateTask } from '../../../tasks/consolidate/consolidate.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';

export const archiveId = 'logdata-2026-01-02t02-00-00-a1b2c3';
export const now = new Date('2026-01-02T02:10:00Z');

export type TestKey =
  | 'rsa4096'
  | 'curve25519'
  | 'p384'
  | 'sign-only'
  | 'expired'
  | 'expired-subkey'
  | 'revoked'
  | 'v6-x25519'
  | 'v4-seipd2'
  | 'v4-x25519';

const keyFile = (name: string): URL => new URL(`../../golden/keys/${name}.asc`, import.meta.url);
export const publicKey = (name: TestKey): string => readFileSync(keyFile(`${name}.pub`), 'utf8');
export const secretKey = (name: TestKey): string => readFileSync(keyFile(`${name}.sec`), 'utf8');

/** Objects by key; a number stands for that many random bytes. */
export type Contents = Readonly<Record<string, Uint8Array | number>>;

/** Keys that are hard on tar: short, long, UTF-8, blanks, and an empty object. */
export const awkwardContents: Contents = {
  a: 1,
  'index.latest': 8,
  'indices/AbC_-1/0/__segment': 200_000,
  'with space/and more': 10,
  'per%20cent/100%': 11,
  'plus+sign': 12,
  'ünïcödé/日本語/🧊': 513,
  empty: 0,
  block: 512,
  [`hundred/${'h'.repeat(92)}`]: 100,
  [`hundred-and-one/${'i'.repeat(85)}`]: 101,
  ['p'.repeat(154)]: 155,
  [`${'d'.repeat(155)}/${'n'.repeat(100)}`]: 256,
  [`deep/${Array.from({ length: 9 }, (_, level) => String(level).repeat(98)).join('/')}/end`]: 900,
  ['l'.repeat(255)]: 3,
};

export interface Staged {
  readonly staging: MemoryObjectStore;
  readonly archive: MemoryObjectStore;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly task: ConsolidateTask;
  readonly logged: readonly string[];
}

export interface StagedOptions {
  readonly contents?: Contents;
  readonly recipients?: readonly TestKey[];
  readonly profile?: EncryptionProfile;
  /** Default: a year. */
  readonly retainUntil?: Date;
}

/** Stages objects and their plan, one volume of all of them, in stores of memory. */
export async function stage(options: StagedOptions = {}): Promise<Staged> {
  const staging = memoryObjectStore({ bucket: 'staging' });
  const archive = memoryObjectStore({ bucket: 'archive', versioned: true, now: () => now });
  const logged: string[] = [];
  const recipientKeys = (options.recipients ?? ['curve25519']).map(publicKey).join('\n');
  const profile = options.profile ?? 'gpg';
  const contents = await stageInto(staging, { ...options, recipientKeys, profile });
  const task: ConsolidateTask = {
    staging,
    archive,
    archiveId,
    volume: 1,
    recipientKeys,
    profile,
    prefetch: 8,
    now: () => now,
    signal: new AbortController().signal,
    log: (level, message, fields) => void logged.push(JSON.stringify({ level, message, ...fields })),
  };
  return { staging, archive, contents, task, logged };
}

/** The same into any store. */
export async function stageInto(
  staging: ObjectStore,
  options: StagedOptions & { readonly recipientKeys: string; readonly profile: EncryptionProfile },
): Promise<Map<string, Uint8Array>> {
  const contents = new Map(
    Object.entries(options.contents ?? awkwardContents).map(([key, content]) => [
      key,
      typeof content === 'number' ? randomBytes(content) : content,
    ]),
  );
  for (const [key, content] of contents) await staging.put(repositoryPrefix(archiveId) + key, content);
  const { fingerprints } = await readRecipients(options.recipientKeys, options.profile, now);
  const plan = {
    archiveId,
    retainUntil: (options.retainUntil ?? new Date('2027-01-02T00:00:00Z')).toISOString(),
    encryption: { profile: options.profile, recipients: [...fingerprints] },
    indices: [{ name: 'logdata-01012026', repositoryId: 'AbC_-1' }],
    volumes: [
      {
        number: 1,
        key: volumeKey(archiveId, 1),
        indices: ['logdata-01012026'],
        objects: [...contents].map(([key, content]) => ({ key, bytes: content.byteLength })),
      },
    ],
  };
  await staging.put(planKey(archiveId), planBytes(plan));
  return contents;
}

/** What is left in the archive bucket: objects and unfinished uploads. */
export async function leftIn(archive: ObjectStore): Promise<{ objects: string[]; uploads: string[] }> {
  const keys = async (source: AsyncIterable<{ key: string }>): Promise<string[]> =>
    (await Array.fromAsync(source)).map(({ key }) => key);
  return { objects: await keys(archive.list('')), uploads: await keys(archive.listUploads('')) };
}
