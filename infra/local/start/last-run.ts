import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { archivePrefix, catalogPrefix } from '../../../archive/keys.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** SHA-256 (hex) of each object that was copied, by key. */
export type CopiedObjects = ReadonlyMap<string, string>;

/**
 * Copies an archive and the catalogue out of the archive bucket, in the bucket's own layout, and the recipient's test keys
 * beside it: all that is needed to open the archive by hand.
 */
export async function leaveLastRun(
  directory: string,
  archive: ObjectStore,
  archiveId: string,
  keys: { recipientPrivate: string | null; passphrase: string | null },
): Promise<CopiedObjects> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const copied = new Map<string, string>();
  for (const prefix of [archivePrefix(archiveId), catalogPrefix]) {
    for await (const { key } of archive.list(prefix))
      copied.set(key, await copyObject(archive, key, join(directory, key)));
  }
  if (keys.recipientPrivate !== null) await copyFile(keys.recipientPrivate, join(directory, 'recipient.private.asc'));
  if (keys.passphrase !== null) await copyFile(keys.passphrase, join(directory, 'recipient.passphrase'));
  return copied;
}

async function copyObject(store: ObjectStore, key: string, file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const digest = createHash('sha256');
  const { body } = await store.get(key);
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      digest.update(chunk);
      yield chunk;
    }
  };
  await pipeline(watched(), createWriteStream(file));
  return digest.digest('hex');
}
