/**
 * Rights that a run of the local stack makes no use of, or not always, each with the reason why its role has it all the same.
 * `<role> <action>`; `*` stands for any characters.
 */
export const unusedGrants: readonly { readonly why: string; readonly grants: readonly string[] }[] = [
  {
    why: 'Logs go to files here, and nothing is traced.',
    grants: ['* logs:*', '*StateMachineRole xray:*'],
  },
  {
    why: 'Images are built and started in place.',
    grants: ['*TaskDefinitionExecutionRole ecr:*'],
  },
  {
    why: 'The topic is not encrypted here; in AWS a publisher needs the key of the topic.',
    grants: ['* kms:Decrypt', '* kms:GenerateDataKey'],
  },
  {
    why: 'What Step Functions does by itself to wait for a task (events), to stop one, and to run and redrive a Distributed Map.',
    grants: [
      '*StateMachineRole events:*',
      '*StateMachineRole ecs:DescribeTasks',
      '*StateMachineRole ecs:StopTask',
      '*StateMachineRole ecs:TagResource',
      '*StateMachineRole states:*',
    ],
  },
  {
    why: "EventBridge Scheduler's own call does not pass the recorder.",
    grants: ['SchedulerRole* states:StartExecution', 'EnableIndexersInvoker lambda:InvokeFunction'],
  },
  {
    why: 'The local cluster ignores role_arn; a real domain asks whether the caller may pass the role.',
    grants: ['*Re*RepositoryRole iam:PassRole'],
  },
  {
    why: 'Without it S3 answers 403 instead of 404 for an object that is not there.',
    grants: ['* s3:ListBucket'],
  },
  {
    why: 'Without it S3 leaves the lock out of what HEAD answers.',
    grants: ['* s3:GetObjectRetention'],
  },
  {
    why: 'The local lock is of one day, so no volume begins with a shorter one that would have to be extended.',
    grants: ['LockArchiveRole s3:PutObjectRetention'],
  },
  {
    why: 'One statement lets every reader of the catalogue, or of volumes, read with and without a version; each does one of both.',
    grants: [
      '* s3:GetObject',
      '* s3:GetObjectVersion',
      'Restore* s3:ListBucketVersions',
      'UnpackTaskRole s3:ListBucketVersions',
    ],
  },
  {
    why: 'One statement for all that read the cluster.',
    grants: ['SelectIndicesRole es:ESHttpPost', 'ReleaseRepositoryRole es:ESHttpGet'],
  },
  {
    why: 'Only for a snapshot that takes long to remove, or that is PARTIAL.',
    grants: [
      'DeleteSnapshotRole es:ESHttpGet',
      '*CheckDeletionRole es:ESHttpGet',
      '*StartSnapshotRole es:ESHttpDelete',
    ],
  },
  {
    why: 'Only for an upload that an earlier attempt left, and for blobs larger than those of the tests.',
    grants: [
      'ConsolidateTaskRole s3:AbortMultipartUpload',
      'SnapshotRole s3:AbortMultipartUpload',
      'SnapshotRole s3:ListMultipartUploadParts',
      'SnapshotsRole s3:AbortMultipartUpload',
      'SnapshotsRole s3:ListMultipartUploadParts',
    ],
  },
  {
    why: 'Only when the failure of a container reaches a Catch; a Map that tolerates failures leaves them to CheckVolumes.',
    grants: ['*DescribeFailureRole ecs:DescribeTasks'],
  },
  {
    why: 'What the SDK of the ECS agent may ask for before it reads a secret.',
    grants: ['UnpackTaskDefinitionExecutionRole secretsmanager:DescribeSecret'],
  },
  {
    why: 'Only for an execution of the restore, the drill or the snapshots that no Catch saw.',
    grants: ['RestoreNotifyUncaughtRole sns:Publish', 'SnapshotsNotifyUncaughtRole sns:Publish'],
  },
  {
    why: 'Only where a shard is lost, or plaintext is altered or has lapsed: tests in process lead there.',
    grants: [
      'Restore* es:ESHttpPost',
      'RestoreUndoRestoreRole es:*',
      'Restore*ThawRole s3:*',
      'RestoreThawVolumesRole s3:DeleteObject',
      'UnpackTaskRole s3:AbortMultipartUpload',
      'UnpackTaskRole s3:DeleteObject',
    ],
  },
  {
    why: 'Only where a copy of an earlier attempt is in the way.',
    grants: ['RestorePrepareIndicesRole es:ESHttpDelete', 'RestoreReplaceIndicesRole es:ESHttpDelete'],
  },
  {
    why: 'Only when the cluster has no disk, and for who then starts the indexers again.',
    grants: [
      'IndexingRole lambda:*EventSourceMapping*',
      'EnableIndexersEnablingRole es:ESHttpGet',
      'EnableIndexersEnablingRole lambda:UpdateEventSourceMapping',
      'EnableIndexersEnablingRole s3:DeleteObject',
    ],
  },
  {
    why: 'Only for what a run of an indexer does not finish, for documents that the cluster refuses for good, and for failed events.',
    grants: ['IndexingRole sqs:SendMessage', '*IndexingRole s3:PutObject'],
  },
  {
    why: 'Only when logs come.',
    grants: ['*IndexingRole es:ESHttpPost'],
  },
  {
    why: 'No lease ends, and no drill grows old, within a run of the tests.',
    grants: [
      'ExpireRestoresStateMachineRole *',
      'RestoreRemoveExpiredRole *',
      'RestoreNotifyExpiringRole *',
      'RestoreMeasureDrillAgeRole *',
    ],
  },
];
