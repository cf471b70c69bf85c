import { aws_config as config, aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { logBucketName, roleArnOf } from '../buckets/names.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { LogSource } from '../config/sources.ts';

/** AWS Config: what is recorded, in its service-linked role, and where it goes. */
export class Recorder extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      settings,
      source,
      config: own,
    }: {
      readonly settings: LogSettings;
      readonly source: LogSource;
      readonly config: NonNullable<LogSource['config']>;
    },
  ) {
    super(scope, id);
    const name = `${settings.prefix}-recorder`;
    const recorder = new config.CfnConfigurationRecorder(this, 'Recorder', {
      name,
      roleArn: roleArnOf(source.account, 'aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig'),
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: own.globalResources },
    });
    // Neither waits for the other: the recorder is started once there is a channel, and the channel wants a recorder that is made.
    const channel = new config.CfnDeliveryChannel(this, 'Channel', {
      name,
      s3BucketName: logBucketName(settings, 'config'),
      ...(settings.keyArn !== undefined && { s3KmsKeyArn: settings.keyArn }),
      configSnapshotDeliveryProperties: { deliveryFrequency: 'TwentyFour_Hours' },
    });
    if (own.createServiceLinkedRole) {
      const role = new iam.CfnServiceLinkedRole(this, 'Role', { awsServiceName: 'config.amazonaws.com' });
      // Both, so that they begin together.
      for (const each of [recorder, channel]) each.addResourceDependency(role);
    }
  }
}
