import { RemovalPolicy, aws_iam as iam, aws_kms as kms, aws_sns as sns } from 'aws-cdk-lib';
import { aws_sns_subscriptions as subscriptions } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from './statements.ts';

/** The topic of every notice and alarm. */
export class Notifications extends Construct {
  readonly topic: sns.Topic;
  /** Not the key that AWS manages for SNS: alarms cannot publish to a topic under that one. */
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: { readonly topicName: string; readonly emails: readonly string[] }) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: `Notices on their way through the topic ${props.topicName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topic = new sns.Topic(this, 'Topic', { topicName: props.topicName, masterKey: this.key, enforceSSL: true });
    for (const email of props.emails) this.topic.addSubscription(new subscriptions.EmailSubscription(email));
    const alarms = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
    this.key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [alarms],
        actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        resources: ['*'],
      }),
    );
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({ principals: [alarms], actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
    );
  }

  /** Rights to send a notice. */
  publishRights(): iam.PolicyStatement[] {
    return [allow(['sns:Publish'], [this.topic.topicArn]), this.encryptRight()];
  }

  /** What whoever may publish needs besides: the topic is encrypted. */
  encryptRight(): iam.PolicyStatement {
    return allow(['kms:GenerateDataKey', 'kms:Decrypt'], [this.key.keyArn]);
  }
}
