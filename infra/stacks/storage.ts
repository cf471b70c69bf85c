import { Stack, type StackProps, type aws_kms as kms, type aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config/schema.ts';
import { archiveBucket, readByAccount } from '../constructs/archive-bucket.ts';
import { bucketName } from '../constructs/names.ts';
import { output } from '../constructs/output.ts';
import { signingKey } from '../constructs/signing-key.ts';
import { stagingBucket } from '../constructs/staging-bucket.ts';

/** What holds data and must outlive everything else: the buckets and the signing key. */
export class StorageStack extends Stack {
  readonly staging: s3.IBucket;
  readonly archive: s3.IBucket;
  readonly signingKey: kms.IKey;

  constructor(scope: Construct, id: string, settings: Settings, props: StackProps) {
    super(scope, id, props);
    this.staging = stagingBucket(this, bucketName(settings, 'staging'));
    this.archive = archiveBucket(this, {
      bucketName: bucketName(settings, 'archive'),
      retentionDays: settings.retention.days,
      ...settings.lifecycle,
    });
    const { restore } = settings;
    if (restore.enabled && restore.account !== settings.account) {
      for (const statement of readByAccount(this.archive, restore.account)) this.archive.addToResourcePolicy(statement);
    }
    this.signingKey = signingKey(this, settings);
    output(this, 'StagingBucket', this.staging.bucketName);
    output(this, 'ArchiveBucket', this.archive.bucketName);
    output(this, 'SigningKeyArn', this.signingKey.keyArn);
  }
}
