import { step as checkReplacement } from '../../functions/restore/check-replacement.ts';
import { step as checkRestore } from '../../functions/restore/check-restore.ts';
import { step as checkThaw } from '../../functions/restore/check-thaw.ts';
import { step as checkUnpacked } from '../../functions/restore/check-unpacked.ts';
import { step as locateArchive } from '../../functions/restore/locate-archive.ts';
import { step as notifyRestored } from '../../functions/restore/notify-restored.ts';
import { step as planRestore } from '../../functions/restore/plan-restore.ts';
import { step as prepareIndices } from '../../functions/restore/prepare-indices.ts';
import { step as recordRestore } from '../../functions/restore/record-restore.ts';
import { step as registerReadonlyRepository } from '../../functions/restore/register-readonly-repository.ts';
import { step as releaseRepository } from '../../functions/restore/release-repository.ts';
import { step as removeCopies } from '../../functions/restore/remove-copies.ts';
import { step as replaceIndices } from '../../functions/restore/replace-indices.ts';
import { step as startRestore } from '../../functions/restore/start-restore.ts';
import { step as thawVolumes } from '../../functions/restore/thaw-volumes.ts';
import { step as undoRestore } from '../../functions/restore/undo-restore.ts';
import { step as verifyReplacement } from '../../functions/restore/verify-replacement.ts';
import { step as verifyRestore } from '../../functions/restore/verify-restore.ts';
import { step as wipeRestored } from '../../functions/restore/wipe-restored.ts';
import { indexPattern } from '../../functions/index-pattern.ts';
import { step as describeFailure } from '../../functions/failure/describe-failure.ts';
import { step as haltForRedrive } from '../../functions/failure/halt-for-redrive.ts';
import { listPrices } from '../../functions/restore/plan/prices.ts';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import { run as unpack } from '../../tasks/unpack/run.ts';
import { memorySnapshotReader } from './memory-snapshot-reader.ts';
import { restoreDefinition } from './definitions.ts';
import { goldenKey, inProcessArchive, type World } from './in-process-archive.ts';

/** A world with the archive and the restore workflow in it. */
export async function inProcessRestore(
  options: { volumeBytes?: number } = {},
): Promise<World & { privateKey: { armored: string } }> {
  const world = await inProcessArchive(options);
  const { states, shared, cluster, archive, restore, signer, storeOf } = world;
  const privateKey = { armored: await goldenKey('curve25519.sec') };
  states.add({
    name: 'restore',
    definition: restoreDefinition(),
    steps: [
      checkReplacement,
      checkRestore,
      checkThaw,
      checkUnpacked,
      locateArchive,
      notifyRestored,
      planRestore,
      prepareIndices,
      recordRestore,
      registerReadonlyRepository,
      releaseRepository,
      removeCopies,
      replaceIndices,
      startRestore,
      thawVolumes,
      undoRestore,
      verifyReplacement,
      verifyRestore,
      wipeRestored,
      describeFailure,
      haltForRedrive,
    ],
    ports: {
      ...shared,
      cluster,
      reader: memorySnapshotReader(cluster, storeOf),
      snapshots: { repository: 'schedule', prefix: 'snapshot' },
      archive,
      restore,
      trusted: new Set([keyFingerprint(await signer.publicKeyPem())]),
      prices: listPrices,
      replicas: 0,
      patterns: [indexPattern('logdata-DDMMYYYY')],
    },
    container: {
      name: 'unpack',
      mapState: 'DecryptAndUnpack',
      run: (variables, signal) =>
        unpack({
          variables: {
            ARCHIVE_BUCKET: 'archive',
            RESTORE_BUCKET: 'restore',
            PRIVATE_KEY: privateKey.armored,
            ...variables,
          },
          storeOf,
          now: shared.now,
          signal,
          log: () => undefined,
        }),
    },
  });
  return { ...world, privateKey };
}
