import { createHash } from 'node:crypto';
import { open, stat, unlink } from 'node:fs/promises';
import type { ObjectStore, UploadedPart } from '../../ports/object-store.ts';
import { ObjectExists, StoreAnswerUnknown } from '../../workflow/errors.ts';
import { keyOf } from './spool.ts';

/** The memory that a file of whatever size takes. S3 wants at least 5 MiB of each part but the last. */
const partBytes = 16 * 1024 * 1024;

export interface Shipped {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Stores a closed file, and deletes it once S3 has confirmed the SHA-256 of every byte. Killed anywhere, it leaves the file, and
 * the next call stores it again: under the same key, since the key has the content's digest.
 * @throws the named errors of the store; the file then still stands.
 */
export async function shipFile(store: ObjectStore, prefix: string, path: string): Promise<Shipped> {
  const { bytes, sha256 } = await digestFile(path);
  const key = keyOf(prefix, path, sha256);
  if (bytes > 0) await upload(store, key, path, sha256);
  if ((await stat(path)).size !== bytes) throw new StoreAnswerUnknown(`${path} grew while it was stored as ${key}`);
  await unlink(path);
  return { key, bytes, sha256 };
}

async function upload(store: ObjectStore, key: string, path: string, expected: string): Promise<void> {
  const uploadId = await store.startUpload(key, { contentType: 'text/plain' });
  try {
    const whole = createHash('sha256');
    const parts: UploadedPart[] = [];
    for await (const bytes of pieces(path)) {
      whole.update(bytes);
      const sha256 = createHash('sha256').update(bytes).digest('base64');
      const part = await store.uploadPart(key, uploadId, { number: parts.length + 1, bytes, sha256 });
      if (part.sha256 !== sha256) throw new StoreAnswerUnknown(`Part ${part.number} of ${key}: another checksum`);
      parts.push(part);
    }
    if (whole.digest('hex') !== expected) throw new StoreAnswerUnknown(`${path} changed while it was stored as ${key}`);
    await store.completeUpload(key, uploadId, parts);
  } catch (error) {
    await store.abortUpload(key, uploadId).catch(() => undefined);
    // An earlier process stored it and ended before it could delete the file.
    if (!(error instanceof ObjectExists)) throw error;
  }
}

async function digestFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces(path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The file's bytes in parts of `partBytes`, the last one shorter. */
async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(partBytes);
      let filled = 0;
      while (filled < partBytes) {
        const { bytesRead } = await file.read(buffer, filled, partBytes - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) yield buffer.subarray(0, filled);
      if (filled < partBytes) return;
    }
  } finally {
    await file.close();
  }
}
