import type { aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import { restoredPrefix, runsPrefix } from '../../archive/keys.ts';
import type { unpackEnvironment } from '../../tasks/unpack/settings.ts';
import type { KeySecrets } from './private-key.ts';
import { volumesPrefix } from './prefixes.ts';
import { list, objects, readVersions } from './statements.ts';
import type { Variables } from './variables.ts';

/** Told to each task by the state machine. */
type Overridden = 'RESTORE_ID' | 'ARCHIVE_ID' | 'VOLUME';

interface Buckets {
  readonly archive: s3.IBucket;
  readonly restore: s3.IBucket;
}

/** The variables of the container that unpacks a volume, without those that are secrets. */
export const unpackVariables = ({
  archive,
  restore,
}: Buckets): Omit<Variables<typeof unpackEnvironment>, Overridden | keyof KeySecrets> => ({
  ARCHIVE_BUCKET: archive.bucketName,
  RESTORE_BUCKET: restore.bucketName,
});

/** Reads volumes, writes what is in them, and removes it where a check fails. Asks for no thaw, sees no catalogue. */
export const unpackRights = ({ archive, restore }: Buckets): iam.PolicyStatement[] => [
  ...readVersions(archive, volumesPrefix),
  objects(restore, restoredPrefix, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']),
  objects(restore, runsPrefix, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
  list(restore, [restoredPrefix, runsPrefix], ['s3:ListBucket', 's3:ListBucketMultipartUploads']),
];
