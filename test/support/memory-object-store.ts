import { createHash, randomUUID } from 'node:crypto';
import type { ObjectFacts, ObjectStore, ObjectVersion, PutOptions, UploadedPart } from '../../ports/object-store.ts';
import {
  FormatInvalid,
  InvalidRequest,
  NotAllowed,
  ObjectExists,
  ObjectFrozen,
  ObjectMissing,
  StoreAnswerUnknown,
} from '../../workflow/errors.ts';

interface Version {
  versionId: string;
  /** Undefined: a delete marker. */
  bytes: Uint8Array | undefined;
  checksumSha256: string;
  retainUntil: Date | undefined;
  storageClass: string;
  thaw?: { readonly days: number; pollsLeft: number; until?: Date };
}

interface Upload {
  key: string;
  options: Pick<PutOptions, 'retainUntil' | 'contentType'>;
  parts: Map<number, UploadedPart & { bytes: Uint8Array }>;
}

export interface MemoryObjectStore extends ObjectStore {
  /** Makes the newest version of a key cold, as a lifecycle rule would. */
  freeze(key: string, storageClass?: string): void;
  /** Brings the newest version of a key within reach, for a year, whether a thaw was asked for or not; its storage class stays. */
  finishThaw(key: string): void;
  /** Ends every thaw that was asked for, however many polls it would still take. */
  finishThaws(): void;
  /** Changes an object behind everybody's back, as a fault in a test. */
  overwrite(key: string, bytes: Uint8Array): void;
}

export interface MemoryObjectStoreOptions {
  readonly bucket: string;
  /** Default false. */
  readonly versioned?: boolean;
  readonly now?: () => Date;
  /** S3 refuses smaller parts but the last. Default 5 MiB, as S3. */
  readonly minimumPartBytes?: number;
  /** How often `head` finds a version still thawing before it is ready; Infinity: until `finishThaws`. Default 1. */
  readonly thawPolls?: number;
}

const coldClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const dayMs = 24 * 3600 * 1000;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const byUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** An object store in memory that keeps the port's contract, for tests that run in one process. */
export function memoryObjectStore(options: MemoryObjectStoreOptions): MemoryObjectStore {
  const {
    bucket,
    versioned = false,
    now = () => new Date(),
    minimumPartBytes = 5 * 1024 * 1024,
    thawPolls = 1,
  } = options;
  /** Newest version last. */
  const objects = new Map<string, Version[]>();
  const uploads = new Map<string, Upload>();
  let versions = 0;

  const newest = (key: string): Version | undefined => objects.get(key)?.at(-1);
  const find = (key: string, versionId?: string): Version | undefined =>
    versionId === undefined ? newest(key) : objects.get(key)?.find((version) => version.versionId === versionId);
  const versionOf = (version: Version): { versionId?: string } => (versioned ? { versionId: version.versionId } : {});
  const place = (key: string): string => `memory://${bucket}/${key}`;

  function write(
    key: string,
    bytes: Uint8Array | undefined,
    checksum: string,
    put: PutOptions,
  ): { versionId?: string } {
    const length = Buffer.byteLength(key);
    if (length < 1 || length > 1024) throw new StoreAnswerUnknown(`KeyTooLongError: ${place(key)}`);
    if (put.ifAbsent && newest(key)?.bytes) throw new ObjectExists(place(key));
    versions += 1;
    const version: Version = {
      versionId: `v${String(versions).padStart(8, '0')}`,
      bytes,
      checksumSha256: checksum,
      retainUntil: put.retainUntil,
      storageClass: 'STANDARD',
    };
    objects.set(key, versioned ? [...(objects.get(key) ?? []), version] : [version]);
    return versionOf(version);
  }

  function uploadOf(key: string, uploadId: string): Upload {
    const upload = uploads.get(uploadId);
    if (upload?.key !== key) throw new ObjectMissing(`NoSuchUpload: ${place(key)}`);
    return upload;
  }

  /** As in S3, the copy goes at the midnight (UTC) after its days. */
  const expiry = (days: number): Date => new Date(Math.ceil(now().getTime() / dayMs + days) * dayMs);
  function accessOf({ storageClass, thaw }: Version): Pick<ObjectFacts, 'access' | 'thawedUntil'> {
    if (!coldClasses.has(storageClass)) return { access: 'ready' };
    if (!thaw || (thaw.until && thaw.until <= now())) return { access: 'frozen' };
    return thaw.until ? { access: 'ready', thawedUntil: thaw.until } : { access: 'thawing' };
  }
  /** A thaw goes on by itself, a step each time somebody looks. */
  function thawOn({ thaw }: Version): void {
    if (thaw && !thaw.until && thaw.pollsLeft-- <= 0) thaw.until = expiry(thaw.days);
  }

  const store: MemoryObjectStore = {
    bucket,
    // Every answer comes in a later turn, as from a network.
    async *list(prefix) {
      await Promise.resolve();
      for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(byUtf8)) {
        const bytes = newest(key)?.bytes?.byteLength;
        if (bytes !== undefined) yield { key, bytes };
      }
    },
    async *listVersions(prefix) {
      await Promise.resolve();
      for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(byUtf8)) {
        const kept = objects.get(key) ?? [];
        for (const version of kept.toReversed())
          yield {
            key,
            bytes: version.bytes?.byteLength ?? 0,
            versionId: versioned ? version.versionId : 'null',
            isLatest: version === kept.at(-1),
            isDeleteMarker: version.bytes === undefined,
          } satisfies ObjectVersion;
      }
    },
    async head(key, versionId) {
      await Promise.resolve();
      const version = find(key, versionId);
      if (!version?.bytes) return undefined;
      thawOn(version);
      return {
        key,
        bytes: version.bytes.byteLength,
        ...versionOf(version),
        checksumSha256: version.checksumSha256,
        ...(version.retainUntil ? { retention: { mode: 'COMPLIANCE', until: version.retainUntil } } : {}),
        storageClass: version.storageClass,
        ...accessOf(version),
      } satisfies ObjectFacts;
    },
    async get(key, { versionId, signal } = {}) {
      await Promise.resolve();
      signal?.throwIfAborted();
      const version = find(key, versionId);
      const bytes = version?.bytes;
      if (!version || !bytes) throw new ObjectMissing(place(key));
      if (accessOf(version).access !== 'ready') throw new ObjectFrozen(place(key));
      const body = async function* (): AsyncIterable<Uint8Array> {
        for (let start = 0; start < bytes.byteLength; start += 65_536) {
          await Promise.resolve();
          signal?.throwIfAborted();
          yield bytes.slice(start, start + 65_536);
        }
      };
      return { bytes: bytes.byteLength, ...versionOf(version), body: body() };
    },
    async read(key, { versionId, limitBytes = 64 * 1024 * 1024 } = {}) {
      const object = await store.get(key, versionId === undefined ? {} : { versionId });
      if (object.bytes > limitBytes) throw new FormatInvalid(`${place(key)} is larger than ${limitBytes} bytes.`);
      return Buffer.concat(await Array.fromAsync(object.body));
    },
    async put(key, bytes, put = {}) {
      await Promise.resolve();
      return write(key, Uint8Array.from(bytes), sha256(bytes).toString('base64'), put);
    },
    async delete(keys) {
      await Promise.resolve();
      for (const key of keys) {
        if (!versioned) objects.delete(key);
        else write(key, undefined, '', {});
      }
    },
    async retain(key, versionId, until) {
      await Promise.resolve();
      const version = find(key, versioned ? versionId : undefined);
      if (!version?.bytes) throw new ObjectMissing(place(key));
      if (version.retainUntil && version.retainUntil > now() && until < version.retainUntil)
        throw new NotAllowed(`s3:PutObjectRetention on ${place(key)}: a COMPLIANCE lock is never shortened`);
      version.retainUntil = until;
    },

    async thaw(key, versionId, tier, days) {
      await Promise.resolve();
      const version = find(key, versioned ? versionId : undefined);
      if (!version?.bytes) throw new ObjectMissing(place(key));
      const { access } = accessOf(version);
      if (!coldClasses.has(version.storageClass) || access === 'thawing') return;
      if (version.storageClass === 'DEEP_ARCHIVE' && tier === 'Expedited')
        throw new InvalidRequest(`thaw tier ${tier} was refused for ${place(key)}`);
      version.thaw = { days, pollsLeft: thawPolls, ...(access === 'ready' && { until: expiry(days) }) };
    },

    async startUpload(key, options = {}) {
      await Promise.resolve();
      const uploadId = randomUUID();
      uploads.set(uploadId, { key, options, parts: new Map() });
      return uploadId;
    },
    async uploadPart(key, uploadId, part, signal) {
      await Promise.resolve();
      signal?.throwIfAborted();
      const upload = uploadOf(key, uploadId);
      const digest = sha256(part.bytes);
      if (digest.toString('base64') !== part.sha256)
        throw new StoreAnswerUnknown(`BadDigest: part ${part.number} of ${place(key)}`);
      if (part.number < 1 || part.number > 10_000) throw new StoreAnswerUnknown(`InvalidArgument: part ${part.number}`);
      const stored = { number: part.number, etag: `"${digest.toString('hex').slice(0, 32)}"`, sha256: part.sha256 };
      upload.parts.set(part.number, { ...stored, bytes: Uint8Array.from(part.bytes) });
      return stored;
    },
    async completeUpload(key, uploadId, parts) {
      await Promise.resolve();
      const upload = uploadOf(key, uploadId);
      if (newest(key)?.bytes) throw new ObjectExists(place(key));
      const stored = parts.map((part, index) => {
        const own = upload.parts.get(part.number);
        const last = index === parts.length - 1;
        if (own?.etag !== part.etag || own.sha256 !== part.sha256)
          throw new StoreAnswerUnknown(`InvalidPart: ${part.number} of ${place(key)}`);
        if (!last && part.number >= (parts[index + 1]?.number ?? 0))
          throw new StoreAnswerUnknown(`InvalidPartOrder: ${place(key)}`);
        if (!last && own.bytes.byteLength < minimumPartBytes)
          throw new StoreAnswerUnknown(`EntityTooSmall: part ${part.number} of ${place(key)}`);
        return own;
      });
      if (stored.length === 0) throw new StoreAnswerUnknown(`MalformedXML: no parts for ${place(key)}`);
      const digests = Buffer.concat(stored.map((part) => Buffer.from(part.sha256, 'base64')));
      const composite = `${sha256(digests).toString('base64')}-${stored.length}`;
      uploads.delete(uploadId);
      return write(key, Buffer.concat(stored.map((part) => part.bytes)), composite, upload.options);
    },
    async abortUpload(key, uploadId) {
      await Promise.resolve();
      if (uploads.get(uploadId)?.key === key) uploads.delete(uploadId);
    },
    async *listUploads(prefix) {
      await Promise.resolve();
      const open = [...uploads].map(([uploadId, { key }]) => ({ key, uploadId }));
      yield* open.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => byUtf8(a.key, b.key));
    },

    freeze(key, storageClass = 'GLACIER') {
      const version = newest(key);
      if (!version) throw new ObjectMissing(place(key));
      version.storageClass = storageClass;
      delete version.thaw;
    },
    finishThaw(key) {
      const version = newest(key);
      if (!version) throw new ObjectMissing(place(key));
      version.thaw = { days: 365, pollsLeft: 0, until: expiry(365) };
    },
    finishThaws() {
      for (const { thaw } of [...objects.values()].flat()) if (thaw && !thaw.until) thaw.until = expiry(thaw.days);
    },
    overwrite(key, bytes) {
      const version = newest(key);
      if (!version) throw new ObjectMissing(place(key));
      version.bytes = Uint8Array.from(bytes);
    },
  };
  return store;
}
