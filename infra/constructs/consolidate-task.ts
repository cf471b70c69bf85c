import type { aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import { repositoriesPrefix, runsPrefix } from '../../archive/keys.ts';
import type { consolidateEnvironment } from '../../tasks/consolidate/settings.ts';
import type { Configuration } from '../config/read.ts';
import { volumesPrefix } from './prefixes.ts';
import { list, objects } from './statements.ts';
import type { Variables } from './variables.ts';

/** Told to each task by the state machine. */
type Overridden = 'ARCHIVE_ID' | 'VOLUME';

interface Buckets {
  readonly staging: s3.IBucket;
  readonly archive: s3.IBucket;
}

/** The variables of the container that makes a volume. */
export const consolidateVariables = (
  { settings, recipients }: Configuration,
  { staging, archive }: Buckets,
): Omit<Variables<typeof consolidateEnvironment>, Overridden> => ({
  STAGING_BUCKET: staging.bucketName,
  ARCHIVE_BUCKET: archive.bucketName,
  RECIPIENT_KEYS: recipients.armored,
  ENCRYPTION_PROFILE: settings.encryption.profile,
});

/** Reads what is staged, adds to the archive; deletes nothing, bypasses no lock, never comes near the catalogue. */
export const consolidateRights = ({ staging, archive }: Buckets): iam.PolicyStatement[] => [
  objects(staging, repositoriesPrefix, ['s3:GetObject']),
  objects(staging, runsPrefix, ['s3:GetObject', 's3:PutObject']),
  list(staging, [runsPrefix, repositoriesPrefix]),
  objects(archive, volumesPrefix, [
    // To see what stands at its own key; S3 has no narrower right, and what could be read is ciphertext.
    's3:GetObject',
    's3:GetObjectRetention',
    's3:PutObject',
    's3:PutObjectRetention',
    's3:AbortMultipartUpload',
  ]),
  list(archive, [volumesPrefix], ['s3:ListBucket', 's3:ListBucketMultipartUploads']),
];
