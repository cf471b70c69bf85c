/** Object keys of the archive format, version 1 (docs/archive-format.md), and of the staging bucket. */

const five = (volume: number): string => String(volume).padStart(5, '0');
const eight = (sequence: number): string => String(sequence).padStart(8, '0');

// --- Archive bucket ---
export const archivePrefix = (archiveId: string): string => `archives/${archiveId}/`;
export const volumeKey = (archiveId: string, volume: number): string =>
  `${archivePrefix(archiveId)}volume-${five(volume)}.tar.pgp`;
export const catalogPrefix = 'catalog/';
export const manifestKey = (archiveId: string): string => `${catalogPrefix}${archiveId}/manifest.json`;
export const checksumsKey = (archiveId: string): string => `${catalogPrefix}${archiveId}/SHA256SUMS`;
export const checksumsSignatureKey = (archiveId: string): string => `${checksumsKey(archiveId)}.sig`;
export const chainPrefix = `${catalogPrefix}chain/`;
export const chainLinkKey = (sequence: number): string => `${chainPrefix}${eight(sequence)}.json`;
export const chainSignatureKey = (sequence: number): string => `${chainLinkKey(sequence)}.sig`;
export const signingKeyKey = (keyId: string): string => `${catalogPrefix}keys/${keyId}.pem`;

// --- Staging bucket ---
export const repositoriesPrefix = 'repositories/';
/** Base path of an archive's snapshot repository; OpenSearch wants it without the slash at the end. */
export const repositoryPrefix = (archiveId: string): string => `${repositoriesPrefix}${archiveId}/`;
export const runsPrefix = 'runs/';
export const runPrefix = (archiveId: string): string => `${runsPrefix}${archiveId}/`;
export const selectionKey = (archiveId: string): string => `${runPrefix(archiveId)}selection.json`;
/** What the indices were just before the snapshot. */
export const observationKey = (archiveId: string): string => `${runPrefix(archiveId)}observation.json`;
/** What the snapshot holds, established once it had ended. */
export const snapshotRecordKey = (archiveId: string): string => `${runPrefix(archiveId)}snapshot.json`;
export const planKey = (archiveId: string): string => `${runPrefix(archiveId)}plan.json`;
export const intentKey = (archiveId: string, volume: number): string =>
  `${runPrefix(archiveId)}volume-${five(volume)}.intent.json`;
export const receiptKey = (archiveId: string, volume: number): string =>
  `${runPrefix(archiveId)}volume-${five(volume)}.receipt.json`;
export const failureKey = (archiveId: string, volume: number): string =>
  `${runPrefix(archiveId)}volume-${five(volume)}.failure.json`;

// --- Restore bucket ---
/** Plaintext in quarantine: emptied after the restore, at the latest by lifecycle. */
export const restoredPrefix = 'restored/';
export const restoredRunPrefix = (restoreId: string): string => `${restoredPrefix}${restoreId}/`;
/** The repository of one archive, as it is restored from: base path of a read-only repository. */
export const restoredRepositoryPrefix = (restoreId: string, archiveId: string): string =>
  `${restoredRunPrefix(restoreId)}${archiveId}/`;
export const restoreRunPrefix = (restoreId: string): string => `${runsPrefix}${restoreId}/`;
export const restoreRequestKey = (restoreId: string): string => `${restoreRunPrefix(restoreId)}request.json`;
export const restorePlanKey = (restoreId: string): string => `${restoreRunPrefix(restoreId)}plan.json`;
export const unpackReceiptKey = (restoreId: string, archiveId: string, volume: number): string =>
  `${restoreRunPrefix(restoreId)}${archiveId}/volume-${five(volume)}.receipt.json`;
export const unpackFailureKey = (restoreId: string, archiveId: string, volume: number): string =>
  `${restoreRunPrefix(restoreId)}${archiveId}/volume-${five(volume)}.failure.json`;
export const recordsPrefix = 'records/';
/** Who restored what, when, and until when it stays. */
export const restoreRecordKey = (restoreId: string): string => `${recordsPrefix}${restoreId}.json`;
export const drillsPrefix = 'drills/';
