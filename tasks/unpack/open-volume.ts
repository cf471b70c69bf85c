import { type ChecksumEntry, checksumsBytes, parseChecksums } from '../../archive/checksums.ts';
import type { ManifestVolume } from '../../archive/manifest.ts';
import { FormatInvalid, VolumeCorrupt } from '../../workflow/errors.ts';
import { type Digest, digest } from '../stages/digest.ts';
import { untar, type UntarredEntry } from './untar.ts';

/** What becomes of an object of `data.tar`. Must take the body to its end. */
export type TakeObject = (
  object: { readonly path: string; readonly bytes: number },
  body: AsyncIterable<Uint8Array>,
) => Promise<void>;

/**
 * Takes the plaintext of a volume apart: `data.tar`, whose objects go to `take` as they come, `data.tar.sha256` and
 * `objects.sha256`, in this order (docs/archive-format.md, section 8). Ends well only when the stream does, and everything agrees
 * with these lists and with the signed manifest.
 * @returns the number of objects
 * @throws VolumeCorrupt saying which checks fail and of which object; HostileEntry; whatever `take` or the stream throws
 */
export async function openVolume(
  plaintext: AsyncIterable<Uint8Array>,
  volume: Pick<ManifestVolume, 'bytes' | 'tar' | 'objects'>,
  take: TakeObject,
): Promise<number> {
  const faults: string[] = [];
  try {
    // Plaintext that is not compressed is shorter than its ciphertext.
    const members = untar(plaintext, { bytes: volume.bytes, entries: 3 })[Symbol.asyncIterator]();
    try {
      const objects = await checkMembers(members, volume, take, faults);
      // Brings the stream to its end, and with it what is checked there; a fourth member is over the limit.
      await members.next();
      if (faults.length === 0) return objects;
    } finally {
      await members.return?.();
    }
  } catch (error) {
    if (faults.length === 0 || !(error instanceof VolumeCorrupt)) throw error;
    faults.unshift(error.message);
  }
  throw new VolumeCorrupt(faults.join(' '));
}

async function checkMembers(
  members: AsyncIterator<UntarredEntry>,
  { tar, objects }: Pick<ManifestVolume, 'tar' | 'objects'>,
  take: TakeObject,
  faults: string[],
): Promise<number> {
  const data = await member(members, 'data.tar');
  if (data.bytes !== tar.bytes)
    throw new VolumeCorrupt(`data.tar has ${data.bytes} bytes where the signed manifest says ${tar.bytes}.`);
  const found: ChecksumEntry[] = [];
  let whole: Digest | undefined;
  for await (const { path, bytes, body } of untar(
    digest(data.body, (end) => (whole = end)),
    {
      bytes: tar.bytes,
      entries: objects,
    },
  ))
    await take(
      { path, bytes },
      digest(body, ({ sha256 }) => void found.push({ path, sha256 })),
    );
  const sha256 = whole!.sha256;
  if (found.length !== objects)
    faults.push(`data.tar has ${found.length} objects where the signed manifest says ${objects}.`);
  if (sha256 !== tar.sha256)
    faults.push(`data.tar has the SHA-256 ${sha256} where the signed manifest says ${tar.sha256}.`);

  const stated = await content(await member(members, 'data.tar.sha256'), 1024);
  if (!stated.equals(checksumsBytes([{ path: 'data.tar', sha256 }])))
    faults.push(`data.tar.sha256 is not the digest of data.tar, ${sha256}.`);

  const list = checksumsBytes(found);
  const listed = await content(await member(members, 'objects.sha256'), list.byteLength + 1024 * 1024);
  if (!listed.equals(list)) faults.push(firstDifference(found, listed));
  return found.length;
}

async function member(members: AsyncIterator<UntarredEntry>, name: string): Promise<UntarredEntry> {
  const next = await members.next();
  if (next.done) throw new VolumeCorrupt(`The volume has no ${name}.`);
  if (next.value.path !== name)
    throw new VolumeCorrupt(`The volume has the member ${JSON.stringify(next.value.path)} where ${name} must be.`);
  return next.value;
}

async function content({ path, bytes, body }: UntarredEntry, limitBytes: number): Promise<Buffer> {
  if (bytes > limitBytes) throw new VolumeCorrupt(`${path} has ${bytes} bytes, more than the objects need.`);
  return Buffer.concat(await Array.fromAsync(body));
}

/** Says of the first object that differs, how. */
function firstDifference(found: readonly ChecksumEntry[], listed: Uint8Array): string {
  let entries: ChecksumEntry[];
  try {
    entries = parseChecksums(listed);
  } catch (error) {
    if (error instanceof FormatInvalid) return `objects.sha256 cannot be read: ${error.message}.`;
    throw error;
  }
  const wanted = new Map(entries.map(({ path, sha256 }) => [path, sha256]));
  for (const { path, sha256 } of found) {
    const other = wanted.get(path);
    if (other === undefined) return `The object ${path} is not in objects.sha256.`;
    if (other !== sha256) return `The object ${path} has the SHA-256 ${sha256} where objects.sha256 says ${other}.`;
    wanted.delete(path);
  }
  const [missing = ''] = wanted.keys();
  return `objects.sha256 lists ${missing}, which is not in data.tar.`;
}
