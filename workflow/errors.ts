/**
 * Every failure that Permafrost names. The names are an interface: they appear as the `Error` of a failed execution, in the
 * Retry lists of the state machine, in notifications, and each has a section in docs/runbook.md.
 */

/** What a redrive of the failed execution can do about it. */
export type RedriveAdvice =
  /** Passing trouble: redrive, nothing else to do. */
  | 'helps'
  /** Something outside must be mended first; the runbook section says what. */
  | 'helps-after-repair'
  /** The execution cannot succeed any more; the runbook section says what to do instead. */
  | 'cannot-help';

/** Base of all named errors. `name` survives bundling because it is a string, not the class's identifier. */
export abstract class PermafrostError extends Error {
  /** True where the same call may succeed a little later: the state machine then retries by itself. */
  static readonly retryable: boolean = false;
  static readonly redrive: RedriveAdvice = 'helps-after-repair';
  abstract override readonly name: string;
}

// --- Requests and settings ---

/** The execution's input is not one of the accepted forms. */
export class InvalidRequest extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'InvalidRequest';
}
/** A state received or produced data that does not fit its contract. */
export class ContractViolated extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'ContractViolated';
}
/** An environment variable is missing or malformed; the message names it. */
export class InvalidSettings extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'InvalidSettings';
}

// --- The cluster ---

/** No answer from the OpenSearch domain: refused, unresolvable, timed out. */
export class ClusterUnreachable extends PermafrostError {
  static override readonly retryable = true;
  override readonly name = 'ClusterUnreachable';
}
/** The cluster answered 429, 502, 503 or 504. */
export class ClusterBusy extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'ClusterBusy';
}
/** The cluster, S3 or KMS refused for lack of rights; the message names the action. */
export class NotAllowed extends PermafrostError {
  override readonly name = 'NotAllowed';
}
/** The cluster answered something that this client does not understand. */
export class ClusterAnswerUnknown extends PermafrostError {
  override readonly name = 'ClusterAnswerUnknown';
}

/** The cluster is of a distribution or version that is not supported. */
export class ClusterUnsupported extends PermafrostError {
  override readonly name = 'ClusterUnsupported';
}

/** Whoever is to apply the rights on the cluster is no administrator of it, or the secret or role of the administrator cannot be used. */
export class AdminCredentialsUnusable extends PermafrostError {
  override readonly name = 'AdminCredentialsUnusable';
}
/** A deployment waits for the answer of a custom resource, which could not be given. */
export class CloudFormationUnanswered extends PermafrostError {
  override readonly name = 'CloudFormationUnanswered';
}

// --- Selecting indices ---

/** No index fits the request, and the settings do not allow an empty run. */
export class NoIndicesSelected extends PermafrostError {
  override readonly name = 'NoIndicesSelected';
}
/** An index that was asked for by name, or that the selection froze, is not in the cluster. */
export class IndexMissing extends PermafrostError {
  override readonly name = 'IndexMissing';
}
/** A closed index: its documents cannot be counted, so its archive could not be proven. */
export class IndexClosed extends PermafrostError {
  override readonly name = 'IndexClosed';
}
/** UltraWarm or cold index: such indices cannot share a snapshot with hot ones. */
export class IndexNotHot extends PermafrostError {
  override readonly name = 'IndexNotHot';
}
/** A selected index is red: a primary shard is missing and the snapshot could only be PARTIAL. */
export class IndexUnhealthy extends PermafrostError {
  override readonly name = 'IndexUnhealthy';
}
/** An archived index holds something else than its archive, and was not deleted. */
export class IndexChanged extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'IndexChanged';
}
/** `resume` names an archive of which nothing is staged. */
export class ArchiveNotFound extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'ArchiveNotFound';
}

// --- Repository and snapshot ---

/** The cluster cannot use the staging bucket: wrong name, wrong region, or the snapshot role may not. */
export class RepositoryUnusable extends PermafrostError {
  override readonly name = 'RepositoryUnusable';
}
/** The repository's settings, read back, are not the ones that were sent. */
export class RepositoryMismatch extends PermafrostError {
  override readonly name = 'RepositoryMismatch';
}
/** The snapshot repository is not registered (any more). */
export class RepositoryMissing extends PermafrostError {
  override readonly name = 'RepositoryMissing';
}
/** The cluster refuses because another snapshot operation is running. */
export class SnapshotInProgress extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'SnapshotInProgress';
}
/** Some shards are not in the snapshot. */
export class SnapshotPartial extends PermafrostError {
  override readonly name = 'SnapshotPartial';
}
/** The snapshot ended FAILED. */
export class SnapshotFailed extends PermafrostError {
  override readonly name = 'SnapshotFailed';
}
/** The snapshot is not in its repository. */
export class SnapshotMissing extends PermafrostError {
  override readonly name = 'SnapshotMissing';
}
/** The snapshot ran longer than the settings allow. */
export class SnapshotTimedOut extends PermafrostError {
  override readonly name = 'SnapshotTimedOut';
}
/** The snapshot could not be removed within the time that the settings allow. */
export class SnapshotDeletionTimedOut extends PermafrostError {
  static override readonly redrive = 'helps';
  override readonly name = 'SnapshotDeletionTimedOut';
}

/** The repository is registered read-only, or the settings say that it is: nothing can be written to it from this cluster. */
export class RepositoryReadonly extends PermafrostError {
  override readonly name = 'RepositoryReadonly';
}
/** Another execution's snapshot has the name that this one would take: both began in the same second. */
export class SnapshotNameTaken extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'SnapshotNameTaken';
}
/** The repository holds no snapshot of the schedule, though it must: retention decides nothing over an empty list. */
export class NoSnapshots extends PermafrostError {
  override readonly name = 'NoSnapshots';
}

// --- Staging and plan ---

/** The staged repository lacks an index or shard of the snapshot: damaged, or written outside its prefix. */
export class StagingIncomplete extends PermafrostError {
  override readonly name = 'StagingIncomplete';
}
/** The staged prefix holds objects that do not belong to the snapshot's repository. */
export class StagingForeign extends PermafrostError {
  override readonly name = 'StagingForeign';
}
/** The staged objects are not the ones that the plan lists. */
export class StagingChanged extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'StagingChanged';
}
/** A record of this run (selection, plan, intent, receipt) cannot be read or contradicts another. */
export class RunRecordInvalid extends PermafrostError {
  override readonly name = 'RunRecordInvalid';
}

// --- Recipients: in the task definition, of which a redrive keeps the revision that the execution began with ---

/** No recipient key is configured. */
export class NoRecipients extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'NoRecipients';
}
/** A recipient's key cannot be parsed. */
export class RecipientUnreadable extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientUnreadable';
}
/** A secret key was given where a public key belongs: treat it as leaked. */
export class RecipientIsSecretKey extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientIsSecretKey';
}
/** A recipient's key has expired. */
export class RecipientExpired extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientExpired';
}
/** A recipient's key is revoked. */
export class RecipientRevoked extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientRevoked';
}
/** A recipient's key has no subkey for encryption. */
export class RecipientCannotEncrypt extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientCannotEncrypt';
}
/** A recipient's key does not fit the encryption profile. */
export class RecipientUnsupported extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'RecipientUnsupported';
}

// --- Volumes ---

/** A staged object is gone while its volume was being made. */
export class ObjectVanished extends PermafrostError {
  override readonly name = 'ObjectVanished';
}
/** A staged object is shorter or longer than the plan says. */
export class ObjectLengthChanged extends PermafrostError {
  override readonly name = 'ObjectLengthChanged';
}
/** An object stands at a volume's key that neither its intent nor its receipt explains. */
export class VolumeConflict extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'VolumeConflict';
}
/** A volume has neither a receipt nor a failure record: its task was killed or never started. */
export class VolumeMissing extends PermafrostError {
  static override readonly redrive = 'helps';
  override readonly name = 'VolumeMissing';
}
/** The task was told to stop before its volume was complete. */
export class TaskInterrupted extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'TaskInterrupted';
}
/** Carries the name of a failure that a task recorded, so that the execution fails under it. */
export class RecordedFailure extends PermafrostError {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
/** A stored volume differs from its receipt in size, version or checksum. */
export class VolumeAltered extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'VolumeAltered';
}
/** A stored version is not locked as it must be. */
export class LockInsufficient extends PermafrostError {
  override readonly name = 'LockInsufficient';
}

// --- Seal, chain and catalogue ---

/** What stands at a catalogue key is not what this archive must have there. */
export class SealConflict extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'SealConflict';
}
/** The chain of archives has a gap, a wrong digest or a wrong signature. */
export class ChainBroken extends PermafrostError {
  override readonly name = 'ChainBroken';
}
/** A signature does not fit its bytes and key. */
export class SignatureInvalid extends PermafrostError {
  override readonly name = 'SignatureInvalid';
}
/** A manifest, checksum list or chain link is not in the archive format. */
export class FormatInvalid extends PermafrostError {
  override readonly name = 'FormatInvalid';
}
/** The signing key could not be used just now. */
export class SignerUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'SignerUnavailable';
}
/** The signing key is missing, disabled, or of a kind that cannot sign archives. */
export class SignerUnusable extends PermafrostError {
  override readonly name = 'SignerUnusable';
}
/** Something of the archive is deleted while it is not sealed, or would be: the run stops instead. */
export class ArchiveNotSealed extends PermafrostError {
  override readonly name = 'ArchiveNotSealed';
}

// --- Restore ---

/** An archive cannot be restored into this cluster: its indices were created by versions that the cluster cannot read. */
export class VersionIncompatible extends PermafrostError {
  override readonly name = 'VersionIncompatible';
}
/** An open index already has the name of one that is to be restored. */
export class IndexExists extends PermafrostError {
  override readonly name = 'IndexExists';
}
/** The cluster has less free disk than the restore needs. */
export class DiskInsufficient extends PermafrostError {
  override readonly name = 'DiskInsufficient';
}
/** A stored version that the manifest names is gone, covered by a newer one, or not locked. */
export class VolumeNotAsSealed extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'VolumeNotAsSealed';
}
/** A volume is still frozen after the longest time that its tier may take. */
export class ThawTimedOut extends PermafrostError {
  override readonly name = 'ThawTimedOut';
}
/** The private key cannot be read, unlocked with its passphrase, or does not fit the message. */
export class DecryptionKeyUnusable extends PermafrostError {
  override readonly name = 'DecryptionKeyUnusable';
}
/** What a volume decrypts to failed a check (integrity, digest, tar entry): nothing of it was kept. */
export class VolumeCorrupt extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'VolumeCorrupt';
}
/** A tar entry that no archive of ours can have: refused as hostile, nothing of the volume was kept. */
export class HostileEntry extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'HostileEntry';
}
/** What lies under the quarantine prefix is not what the unpacking receipts say. */
export class UnpackedIncomplete extends PermafrostError {
  static override readonly redrive = 'helps';
  override readonly name = 'UnpackedIncomplete';
}
/** The cluster could not restore some shards; the message has the cause from the allocation explanation. */
export class RestoreFailed extends PermafrostError {
  override readonly name = 'RestoreFailed';
}
/** The restore ran longer than the settings allow. */
export class RestoreTimedOut extends PermafrostError {
  override readonly name = 'RestoreTimedOut';
}
/** A restored index does not hold what the signed manifest says. */
export class RestoredContentDiffers extends PermafrostError {
  override readonly name = 'RestoredContentDiffers';
}
/** The restore that a drill started did not succeed; the message has its error and cause. */
export class DrillFailed extends PermafrostError {
  override readonly name = 'DrillFailed';
}
/** No sealed archive fits the request. */
export class NoArchiveFound extends PermafrostError {
  override readonly name = 'NoArchiveFound';
}

// --- Object store ---

/** The object store does not answer, or answers 429 or 5xx, after the client's own retries. */
export class StoreUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'StoreUnavailable';
}
/** The bucket does not exist. */
export class BucketMissing extends PermafrostError {
  override readonly name = 'BucketMissing';
}
/** No object (or no such version) at the key. */
export class ObjectMissing extends PermafrostError {
  override readonly name = 'ObjectMissing';
}
/** An object is already there, and the write asked for an empty place. */
export class ObjectExists extends PermafrostError {
  override readonly name = 'ObjectExists';
}
/** The object is in a cold storage class and has not been thawed. */
export class ObjectFrozen extends PermafrostError {
  override readonly name = 'ObjectFrozen';
}
/** The object store answered something that this client does not understand. */
export class StoreAnswerUnknown extends PermafrostError {
  override readonly name = 'StoreAnswerUnknown';
}

// --- Executions and notices ---

/** Step Functions does not answer. */
export class ExecutionsUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'ExecutionsUnavailable';
}
/** The notification service does not take a notice. */
export class NotifierUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'NotifierUnavailable';
}

// --- Ingestion ---

/** A compressed object is damaged or cut short, or an object ends before the offset at which to go on. */
export class ContentUnreadable extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'ContentUnreadable';
}
/** A message of the queue has no shape that the indexer knows. */
export class MessageNotUnderstood extends PermafrostError {
  static override readonly redrive = 'cannot-help';
  override readonly name = 'MessageNotUnderstood';
}
/** A whole run of the indexer did not get past the place in an object where it began. */
export class ObjectTooLarge extends PermafrostError {
  override readonly name = 'ObjectTooLarge';
}
/** The cluster refuses writes because its disks are full. */
export class ClusterDiskFull extends PermafrostError {
  override readonly name = 'ClusterDiskFull';
}
/** The parameter with the cluster's user and password cannot be read, or is not of the form that was agreed. */
export class ClusterUserUnusable extends PermafrostError {
  override readonly name = 'ClusterUserUnusable';
}
/** The queue does not take a message. */
export class QueueUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'QueueUnavailable';
}
/** Lambda does not list or change the mapping between a queue and an indexer. */
export class MappingsUnavailable extends PermafrostError {
  static override readonly retryable = true;
  static override readonly redrive = 'helps';
  override readonly name = 'MappingsUnavailable';
}

/** The class of a named error, with its facts. */
export interface NamedError {
  new (message: string, options?: ErrorOptions): PermafrostError;
  readonly retryable: boolean;
  readonly redrive: RedriveAdvice;
}
