import { checksumsKey, checksumsSignatureKey, signingKeyKey } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import type { FollowedExecution } from './follow.ts';
import type { Check } from './check.ts';

const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

export interface Demonstration {
  readonly archived: FollowedExecution;
  readonly restored: FollowedExecution;
  readonly manifest: Manifest;
  readonly checks: readonly Check[];
  /** Where the archive was left. */
  readonly directory: string;
}

/** What `npm start` ends with. */
export function summary({ archived, restored, manifest, checks, directory }: Demonstration): string {
  const { plan, volumes, wiped } = archived.output as {
    plan: { bytes: number; objects: number };
    volumes: { bytes: number };
    wiped: { objects: number; bytes: number };
  };
  const { unpacked, verification } = restored.output as {
    unpacked: { objects: number; bytes: number };
    verification: { indices: number; documents: number };
  };
  return [
    `Archive    ${manifest.archiveId}`,
    `Indices    ${manifest.indices.map(({ name, documents }) => `${name} (${documents.count} documents)`).join(', ')}`,
    `Volumes    ${manifest.volumes.length}, encrypted to ${manifest.encryption.recipients.join(', ')}`,
    `In         ${mib(plan.bytes)} in ${plan.objects} objects`,
    `Out        ${mib(volumes.bytes)} of ciphertext`,
    `Removed    snapshot, repository, ${plan.objects} staged objects (${mib(plan.bytes)}; the last ${wiped.objects} by WipeStaging)`,
    `Locked     until ${manifest.retention.until}`,
    `Restored   ${verification.indices} indices, ${verification.documents} documents, from ${mib(unpacked.bytes)} unpacked`,
    '',
    'Time per state of the archive execution',
    ...timeTable(archived),
    '',
    'Time per state of the restore execution',
    ...timeTable(restored),
    '',
    'Promises',
    ...checks.map(({ promise, held, why }) => `  ${held ? 'held  ' : 'BROKEN'}  ${promise}${why ? `: ${why}` : ''}`),
    '',
    'Open the archive by hand',
    ...byHand(manifest, directory).map((line) => `  ${line}`),
  ].join('\n');
}

function timeTable({ states }: FollowedExecution): string[] {
  const longest = Math.max(...states.map(({ state }) => state.length));
  return states.map(
    ({ state, seconds, times }) =>
      `  ${state.padEnd(longest)}  ${seconds.toFixed(2).padStart(7)} s${times > 1 ? ` in ${times} visits` : ''}`,
  );
}

/** The commands that open an archive without this project, run in a directory with the bucket's layout. */
export function byHand(manifest: Manifest, directory: string): string[] {
  const { archiveId, signing, volumes, encryption } = manifest;
  const sums = checksumsKey(archiveId);
  const volume = volumes[0]!.key;
  const decrypt =
    encryption.profile === 'gpg'
      ? [
          'export GNUPGHOME=$(mktemp -d)',
          'gpg --batch --pinentry-mode loopback --passphrase-file recipient.passphrase --import recipient.private.asc',
          `gpg --batch --pinentry-mode loopback --passphrase-file recipient.passphrase -o volume.tar -d ${volume}`,
        ]
      : [`sq decrypt --recipient-file recipient.private.asc --output volume.tar ${volume}   # sq 1.0 or newer`];
  return [
    `cd ${directory}`,
    `openssl dgst -sha256 -verify ${signingKeyKey(signing.keyId)} -signature ${checksumsSignatureKey(archiveId)} ${sums}`,
    `sha256sum -c ${sums}`,
    ...decrypt,
    'tar xf volume.tar && sha256sum -c data.tar.sha256',
    'mkdir repository && tar xf data.tar -C repository   # register it as a read-only fs repository to restore',
  ];
}
