import { createHash } from 'node:crypto';
import { FormatInvalid } from '../workflow/errors.ts';

/** SHA-256, lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * S3's COMPOSITE SHA-256 of a multipart object: base64 of the SHA-256 over the parts' digests in part order, a hyphen, and the
 * number of parts. `partDigests` are base64 of 32 bytes each.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * @throws FormatInvalid when there is no part, or one is no SHA-256.
 */
export function compositeSha256(partDigests: readonly string[]): string {
  const hash = createHash('sha256');
  if (partDigests.length === 0) throw new FormatInvalid('A multipart object has at least one part');
  for (const [index, digest] of partDigests.entries()) {
    const bytes = Buffer.from(digest, 'base64');
    if (bytes.length !== 32 || bytes.toString('base64') !== digest) {
      throw new FormatInvalid(`The digest of part ${index + 1} is not the base64 of a SHA-256`);
    }
    hash.update(bytes);
  }
  return `${hash.digest('base64')}-${partDigests.length}`;
}
