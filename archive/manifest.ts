import { z } from 'zod';
import { FormatInvalid } from '../workflow/errors.ts';
import { archiveId, parseArchiveId } from './archive-id.ts';
import { canonicalBytes } from './canonical.ts';
import { volumeKey } from './keys.ts';
import { checkRecord, parseJson } from './parse-record.ts';
import { encryptionProfile } from './plan.ts';
import { clusterIdentity, sample, shardState } from './run-records.ts';

/** `catalog/<archive-id>/manifest.json`, docs/archive-format.md section 5. Names are part of the format. */

export const FORMAT_VERSION = 1;

const text = z.string().min(1);
const count = z.int().nonnegative();
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const utc = z.iso.datetime();

/** The key that signs, by its name under `catalog/keys/`. */
export const signing = z.strictObject({
  keyId: z.string().regex(/^[A-Za-z0-9-]+$/),
  algorithm: z.enum(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']),
});
export type Signing = z.infer<typeof signing>;

export const manifestIndex = z.strictObject({
  name: text,
  uuid: text,
  repositoryId: text,
  createdVersion: text,
  documents: z.strictObject({ count, exact: z.boolean() }),
  bytes: count,
  mappingSha256: sha256Hex,
  shards: z.array(shardState).min(1),
  samples: z.array(sample),
  supersedes: archiveId.nullable(),
});
export type ManifestIndex = z.infer<typeof manifestIndex>;

export const manifestVolume = z.strictObject({
  key: text,
  versionId: text,
  bytes: count,
  sha256: sha256Hex,
  tar: z.strictObject({ bytes: count, sha256: sha256Hex }),
  objects: count,
  indices: z.array(text),
});
export type ManifestVolume = z.infer<typeof manifestVolume>;

export const manifest = z
  .strictObject({
    formatVersion: z.literal(FORMAT_VERSION),
    archiveId,
    createdAt: utc,
    tool: z.strictObject({ name: text, version: text }),
    cluster: clusterIdentity,
    snapshot: z.strictObject({ name: text, uuid: text }),
    indices: z.array(manifestIndex).min(1),
    volumes: z.array(manifestVolume).min(1),
    encryption: z.strictObject({
      profile: encryptionProfile,
      recipients: z.array(z.string().regex(/^[0-9A-F]{40,64}$/, 'must be a fingerprint, upper-case hex')).min(1),
    }),
    retention: z.strictObject({ mode: z.literal('COMPLIANCE'), until: utc }),
    signing,
  })
  .superRefine((value, context) => {
    const fault = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (value.createdAt !== parseArchiveId(value.archiveId).createdAt.toISOString()) {
      fault(['createdAt'], 'is not the time of the archive id');
    }
    const names = new Set<string>();
    for (const [position, { name }] of value.indices.entries()) {
      if (names.has(name)) fault(['indices', position, 'name'], 'occurs twice');
      names.add(name);
    }
    const held = new Set<string>();
    for (const [position, volume] of value.volumes.entries()) {
      if (volume.key !== volumeKey(value.archiveId, position + 1)) {
        fault(['volumes', position, 'key'], `is not the key of volume ${position + 1}`);
      }
      for (const name of volume.indices) {
        held.add(name);
        if (!names.has(name))
          fault(['volumes', position, 'indices'], `names "${name}", which the archive does not hold`);
      }
    }
    for (const [position, { name }] of value.indices.entries()) {
      if (!held.has(name)) fault(['indices', position, 'name'], 'is in no volume');
    }
  });
export type Manifest = z.infer<typeof manifest>;

/** @throws FormatInvalid when the manifest is not one of the format. */
export function manifestBytes(value: Manifest): Uint8Array {
  return canonicalBytes(checkRecord(value, manifest, 'The manifest', FormatInvalid));
}

/** @throws FormatInvalid naming the fields that do not fit, or what to do about a format version that is not 1. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseJson(bytes, 'The manifest', FormatInvalid);
  refuseOtherVersions(value, 'The manifest');
  return checkRecord(value, manifest, 'The manifest', FormatInvalid);
}

/** @throws FormatInvalid when `value` names a format version that this program does not know. */
export function refuseOtherVersions(value: unknown, what: string): void {
  const version = z.looseObject({ formatVersion: z.unknown() }).safeParse(value).data?.formatVersion;
  if (version === undefined || version === FORMAT_VERSION) return;
  throw new FormatInvalid(
    `${what} is of archive format version ${JSON.stringify(version)}, this program reads version ${FORMAT_VERSION}: use a ` +
      'release of Permafrost that reads it, or restore by hand as the specification of that version describes',
  );
}
