import { createHash } from 'node:crypto';
import { checksumsBytes } from '../../../archive/checksums.ts';
import { restorePlanKey, volumeKey } from '../../../archive/keys.ts';
import { restorePlanBytes } from '../../../archive/restore-records.ts';
import { encrypt } from '../../../tasks/consolidate/encrypt.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { tar } from '../../../tasks/consolidate/tar.ts';
import type { UnpackTask } from '../../../tasks/unpack/unpack.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { archiveId, now, publicKey, secretKey, type TestKey } from '../consolidate/staged.ts';
import { planOf, restoreId } from './archived.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Files by their name, in the order of the tar. */
export type Files = readonly (readonly [string, Uint8Array])[];

export async function* inPieces(bytes: Uint8Array, pieceBytes = 65_536): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

export const collected = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(stream));

/** A tar as the consolidate task writes it. */
export async function tarOf(files: Files): Promise<Buffer> {
  async function* entries(): AsyncIterable<{ key: string; bytes: number; body: AsyncIterable<Uint8Array> }> {
    await Promise.resolve();
    for (const [key, content] of files) yield { key, bytes: content.byteLength, body: inPieces(content) };
  }
  return await collected(tar(entries(), now));
}

export interface Plaintext {
  readonly dataTar: Buffer;
  readonly objects: number;
  readonly outer: Buffer;
}

/** The plaintext of a volume over any `data.tar`; `members` may replace what goes around it. */
export async function plaintextOf(dataTar: Buffer, files: Files, members?: Files): Promise<Plaintext> {
  const outer = await tarOf(members ?? membersOf(dataTar, files));
  return { dataTar, objects: files.length, outer };
}

export const membersOf = (dataTar: Buffer, files: Files): Files => [
  ['data.tar', dataTar],
  ['data.tar.sha256', checksumsBytes([{ path: 'data.tar', sha256: sha256(dataTar) }])],
  ['objects.sha256', checksumsBytes(files.map(([path, content]) => ({ path, sha256: sha256(content) })))],
];

/** Encrypts and seals a plaintext, whatever it is, so that its ciphertext is what the manifest says. */
export async function sealedTask(
  { dataTar, objects, outer }: Plaintext,
  options: { readonly recipient?: TestKey; readonly ciphertext?: Uint8Array } = {},
): Promise<{ task: UnpackTask; restore: MemoryObjectStore; archive: MemoryObjectStore }> {
  const { recipient = 'curve25519' } = options;
  const { keys } = await readRecipients(publicKey(recipient), 'gpg', now);
  const ciphertext = options.ciphertext ?? (await collected(encrypt(inPieces(outer), keys, 'gpg')));
  const archive = memoryObjectStore({ bucket: 'archive', versioned: true });
  const key = volumeKey(archiveId, 1);
  const { versionId } = await archive.put(key, ciphertext);
  const plan = planOf({
    key,
    versionId: versionId!,
    bytes: ciphertext.byteLength,
    sha256: sha256(ciphertext),
    tar: { bytes: dataTar.byteLength, sha256: sha256(dataTar) },
    objects,
    indices: ['logdata-01012026'],
  });
  const restore = memoryObjectStore({ bucket: 'restore' });
  await restore.put(restorePlanKey(restoreId), restorePlanBytes(plan));
  const task: UnpackTask = {
    archive,
    restore,
    restoreId,
    archiveId,
    volume: 1,
    privateKey: secretKey(recipient),
    signal: new AbortController().signal,
    log: () => undefined,
  };
  return { task, restore, archive };
}
