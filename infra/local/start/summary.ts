import { checksumsKey, checksumsSignatureKey, signingKeyKey } from '../../../archive/keys.ts';
import type { Manifest } from '../../../archive/manifest.ts';
import type { FollowedExecution } from './follow.ts';
import type { Check } from './promises.ts';

const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** What `npm start` ends with. */
export function summary(
  run: FollowedExecution,
  manifest: Manifest,
  checks: readonly Check[],
  directory: string,
): string {
  const { plan, volumes, wiped } = run.output as {
    plan: { bytes: number; objects: number };
    volumes: { bytes: number };
    wiped: { objects: number; bytes: number };
  };
  const longest = Math.max(...run.states.map(({ state }) => state.length));
  return [
    `Archive    ${manifest.archiveId}`,
    `Indices    ${manifest.indices.map(({ name, documents }) => `${name} (${documents.count} documents)`).join(', ')}`,
    `Volumes    ${manifest.volumes.length}, encrypted to ${manifest.encryption.recipients.join(', ')}`,
    `In         ${mib(plan.bytes)} in ${plan.objects} objects`,
    `Out        ${mib(volumes.bytes)} of ciphertext`,
    `Removed    snapshot, repository, ${wiped.objects} staged objects (${mib(wiped.bytes)})`,
    `Locked     until ${manifest.retention.until}`,
    '',
    'Time per state',
    ...run.states.map(
      ({ state, seconds, times }) =>
        `  ${state.padEnd(longest)}  ${seconds.toFixed(2).padStart(7)} s${times > 1 ? ` in ${times} visits` : ''}`,
    ),
    '',
    'Promises',
    ...checks.map(({ promise, held, why }) => `  ${held ? 'held  ' : 'BROKEN'}  ${promise}${why ? `: ${why}` : ''}`),
    '',
    'Open the archive by hand',
    ...byHand(manifest, directory).map((line) => `  ${line}`),
  ].join('\n');
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
