/**
 * Rights that a run of the local stack makes no use of, or not always, each with the reason why its role has it all the same.
 * `<role> <action>`; `*` stands for any characters.
 */
export const unusedGrants: readonly { readonly why: string; readonly grants: readonly string[] }[] = [
  {
    why: 'Logs go to files here, and nothing is traced.',
    grants: ['* logs:*', 'ArchiveStateMachineRole xray:*'],
  },
  {
    why: 'Images are built and started in place.',
    grants: ['ConsolidateTaskDefinitionExecutionRole ecr:*'],
  },
  {
    why: 'The topic is not encrypted here; in AWS a publisher needs the key of the topic.',
    grants: ['* kms:Decrypt', '* kms:GenerateDataKey'],
  },
  {
    why: 'What Step Functions does by itself to wait for a task (events), to stop one, and to run and redrive a Distributed Map.',
    grants: [
      'ArchiveStateMachineRole events:*',
      'ArchiveStateMachineRole ecs:DescribeTasks',
      'ArchiveStateMachineRole ecs:StopTask',
      'ArchiveStateMachineRole ecs:TagResource',
      'ArchiveStateMachineRole states:*',
    ],
  },
  {
    why: "EventBridge Scheduler's own call does not pass the recorder.",
    grants: ['SchedulerRole* states:StartExecution'],
  },
  {
    why: 'The local cluster ignores role_arn; a real domain asks whether the caller may pass the role.',
    grants: ['RegisterRepositoryRole iam:PassRole'],
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
    grants: ['* s3:GetObject', '* s3:GetObjectVersion'],
  },
  {
    why: 'One statement for all that read the cluster.',
    grants: ['SelectIndicesRole es:ESHttpPost', 'ReleaseRepositoryRole es:ESHttpGet'],
  },
  {
    why: 'Only for a snapshot that takes long to remove, or that is PARTIAL.',
    grants: ['DeleteSnapshotRole es:ESHttpGet', 'CheckDeletionRole es:ESHttpGet', 'StartSnapshotRole es:ESHttpDelete'],
  },
  {
    why: 'Only for an upload that an earlier attempt left, and for blobs larger than those of the tests.',
    grants: [
      'ConsolidateTaskRole s3:AbortMultipartUpload',
      'SnapshotRole s3:AbortMultipartUpload',
      'SnapshotRole s3:ListMultipartUploadParts',
    ],
  },
  {
    why: 'Only when the failure of a container reaches a Catch; a Map that tolerates failures leaves them to CheckVolumes.',
    grants: ['DescribeFailureRole ecs:DescribeTasks'],
  },
];
