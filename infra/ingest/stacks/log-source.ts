import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Notifications } from '../../constructs/notifications.ts';
import { output } from '../../constructs/output.ts';
import type { LogSettings } from '../config/buckets.ts';
import type { LogSource } from '../config/sources.ts';
import { Recorder } from '../sources/recorder.ts';
import { DeliveryStream } from '../sources/stream.ts';
import { Subscription } from '../sources/subscription.ts';
import { trail } from '../sources/trail.ts';
import { SyslogReceivers } from '../syslog/receivers.ts';

export interface LogSourceStackProps extends StackProps {
  readonly settings: LogSettings;
  readonly source: LogSource;
  /** Of Firehose and of whatever indexes: never subscribed as part of the whole account. */
  readonly ownLogGroups: readonly string[];
}

/** What one account sends from one region to the central buckets: each part only where the settings have it. */
export class LogSourceStack extends Stack {
  readonly #zones: string[] | undefined;

  constructor(scope: Construct, id: string, { settings, source, ownLogGroups, ...props }: LogSourceStackProps) {
    super(scope, id, props);
    const { prefix } = settings;
    const { cloudWatchLogs, cloudTrail, config, syslog } = source;
    this.#zones = syslog?.availabilityZones;
    const { topic } = new Notifications(this, 'SourceNotifications', {
      topicName: `${prefix}-log-source-notifications`,
      emails: settings.emails,
    });
    if (cloudWatchLogs) {
      const within = { ...source, cloudWatchLogs };
      const stream = new DeliveryStream(this, 'CloudWatchLogs', { settings, source: within, topic });
      new Subscription(this, 'Subscription', stream, { settings, source: within, topic, ownLogGroups });
      output(this, 'DeliveryStreamArn', stream.streamArn);
    }
    if (cloudTrail) output(this, 'TrailArn', trail(this, settings, cloudTrail).attrArn);
    if (config) new Recorder(this, 'Config', { settings, source, config });
    if (syslog) {
      const { loadBalancerName } = new SyslogReceivers(this, 'Syslog', { settings, source, syslog, topic });
      output(this, 'SyslogAddress', loadBalancerName);
    }
    output(this, 'SourceNotificationsTopic', topic.topicArn);
  }

  /** Those of the subnets that the settings name; else CDK would ask the account. */
  override get availabilityZones(): string[] {
    return this.#zones ?? super.availabilityZones;
  }
}
