import type { SealedRun } from '../../archive/build-manifest.ts';
import { sha256Hex } from '../../archive/digest.ts';
import { volumeKey } from '../../archive/keys.ts';
import type { Signing } from '../../archive/manifest.ts';
import { parseArchiveId } from '../../archive/archive-id.ts';

/** The records of a finished run of one archive: two indices in two volumes. */
export function exampleRun(archiveId: string, signing: Signing): SealedRun {
  const recipients = ['0123456789ABCDEF0123456789ABCDEF01234567'];
  const hash = (text: string): string => sha256Hex(Buffer.from(text));
  const indices = [
    { name: 'logdata-02012026', uuid: 'uuid-2', repositoryId: 'repo-2' },
    { name: 'logdata-01012026', uuid: 'uuid-1', repositoryId: 'repo-1' },
  ];
  const volumes = [
    {
      number: 1,
      key: volumeKey(archiveId, 1),
      indices: ['logdata-01012026'],
      objects: [
        { key: 'index-0', bytes: 100 },
        { key: 'indices/repo-1/0/__a', bytes: 1000 },
        { key: 'indices/repo-1/meta-x.dat', bytes: 10 },
      ],
    },
    {
      number: 2,
      key: volumeKey(archiveId, 2),
      indices: ['logdata-02012026'],
      objects: [{ key: 'indices/repo-2/0/__b', bytes: 2000 }],
    },
  ];
  return {
    selection: {
      archiveId,
      reason: 'date',
      cluster: { uuid: 'cluster-uuid', name: 'logs', version: '3.8.0' },
      indices: indices.map(({ name, uuid }) => ({
        name,
        uuid,
        createdVersion: '3.8.0',
        bytes: 5000,
        documents: 10,
        supersedes: null,
      })),
    },
    snapshot: {
      archiveId,
      snapshot: { name: archiveId, uuid: 'snapshot-uuid' },
      indices: indices.map(({ name, uuid }) => ({
        name,
        uuid,
        documents: { count: 10, exact: true },
        shards: [{ maxSeqNo: 9 }],
        mappingSha256: hash('mapping'),
        samples: [{ id: '1', sourceSha256: hash(name) }],
      })),
    },
    plan: {
      archiveId,
      retainUntil: new Date(parseArchiveId(archiveId).createdAt.getTime() + 365 * 86_400_000).toISOString(),
      encryption: { profile: 'gpg', recipients },
      indices: indices.map(({ name, repositoryId }) => ({ name, repositoryId })),
      volumes,
    },
    receipts: volumes.toReversed().map(({ number, key, objects }) => ({
      archiveId,
      volume: number,
      key,
      bytes: volumeContent(archiveId, number).length,
      sha256: sha256Hex(volumeContent(archiveId, number)),
      tar: { bytes: 10_240, sha256: hash(`tar ${number}`) },
      objects: objects.length,
      objectBytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
      recipients,
      compositeSha256: `${Buffer.from(hash('composite'), 'hex').toString('base64')}-1`,
      versionId: `version-${number}`,
      lockedUntil: '2026-02-01T02:00:00.000Z',
    })),
    signing,
    toolVersion: '0.1.0',
  };
}

/** What stands for the ciphertext of a volume. */
export const volumeContent = (archiveId: string, volume: number): Buffer =>
  Buffer.from(`ciphertext of volume ${volume} of ${archiveId}`);
