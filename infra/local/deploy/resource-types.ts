import { ecsCluster, ecsTaskDefinition } from './ecs.ts';
import { eventInvokeConfig } from './event-invoke-config.ts';
import { eventSourceMapping } from './event-source-mapping.ts';
import { eventsRule } from './events-rule.ts';
import { iamRole } from './iam-role.ts';
import { kmsAlias, kmsKey } from './kms.ts';
import { lambdaFunction, lambdaVersion } from './lambda.ts';
import { snsSubscription, snsTopic, sqsQueue } from './messaging.ts';
import type { Deploy } from './resource-type.ts';
import { s3Bucket } from './s3-bucket.ts';
import { schedulerSchedule } from './schedule.ts';
import { secret } from './secrets.ts';
import { ssmParameter } from './ssm-parameter.ts';
import { stateMachine } from './state-machine.ts';
import { subscriptionFilter } from './subscription-filter.ts';

/** The resource types that the local stack simulates. */
export const resourceTypes: Readonly<Record<string, Deploy>> = {
  'AWS::ECS::Cluster': ecsCluster,
  'AWS::ECS::TaskDefinition': ecsTaskDefinition,
  'AWS::Events::Rule': eventsRule,
  'AWS::IAM::Role': iamRole,
  'AWS::KMS::Alias': kmsAlias,
  'AWS::KMS::Key': kmsKey,
  'AWS::Lambda::EventInvokeConfig': eventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': eventSourceMapping,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Version': lambdaVersion,
  'AWS::Logs::SubscriptionFilter': subscriptionFilter,
  'AWS::S3::Bucket': s3Bucket,
  'AWS::SNS::Subscription': snsSubscription,
  'AWS::SNS::Topic': snsTopic,
  'AWS::SQS::Queue': sqsQueue,
  'AWS::SSM::Parameter': ssmParameter,
  'AWS::Scheduler::Schedule': schedulerSchedule,
  'AWS::SecretsManager::Secret': secret,
  'AWS::StepFunctions::StateMachine': stateMachine,
};
