import { fileURLToPath } from 'node:url';
import {
  App,
  CfnOutput,
  Duration,
  Stack,
  aws_cloudwatch as cloudwatch,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_events as events,
  aws_events_targets as eventTargets,
  aws_iam as iam,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_lambda_nodejs as nodejs,
  aws_logs as logs,
  aws_s3 as s3,
  aws_scheduler as scheduler,
  aws_scheduler_targets as schedulerTargets,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  aws_sqs as sqs,
  aws_ssm as ssm,
  aws_stepfunctions as sfn,
  aws_stepfunctions_tasks as tasks,
} from 'aws-cdk-lib';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const root = here('../../../../../');

/** Two stacks with each kind of resource that the local stack simulates, small enough to synthesize in a test. */
export function synthesizeSample(outdir: string, extend?: (stack: Stack) => void): string {
  const app = new App({ outdir, analyticsReporting: false });
  const env = { account: '000000000000', region: 'us-east-1' };
  const storage = new Stack(app, 'SampleStorage', { env });
  const staging = new s3.Bucket(storage, 'Staging', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    lifecycleRules: [
      { prefix: 'runs/', expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
  });
  const archive = new s3.Bucket(storage, 'Archive', {
    versioned: true,
    objectLockEnabled: true,
    objectLockDefaultRetention: s3.ObjectLockRetention.compliance(Duration.days(1)),
    lifecycleRules: [
      {
        prefix: 'archives/',
        transitions: [{ storageClass: s3.StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(1) }],
      },
    ],
  });
  const signingKey = new kms.Key(storage, 'SigningKey', {
    keySpec: kms.KeySpec.ECC_NIST_P256,
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    alias: 'sample/signing',
  });

  const stack = new Stack(app, 'SampleWorkflow', { env });
  const topic = new sns.Topic(stack, 'Notifications');
  new sqs.Queue(stack, 'DeadLetters', { visibilityTimeout: Duration.seconds(45) });
  const secret = new secretsmanager.Secret(stack, 'Password', { generateSecretString: { passwordLength: 24 } });
  new ssm.StringParameter(stack, 'Setting', { parameterName: '/sample/setting', stringValue: staging.bucketName });
  const fn = new nodejs.NodejsFunction(stack, 'Step', {
    entry: here('./function.ts'),
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    runtime: lambda.Runtime.NODEJS_24_X,
    timeout: Duration.seconds(20),
    memorySize: 256,
    logGroup: new logs.LogGroup(stack, 'StepLogs'),
    environment: {
      BUCKET: staging.bucketName,
      SIGNING_KEY: signingKey.keyArn,
      DOMAIN_ENDPOINT: 'https://search.example.test',
    },
    bundling: {
      format: nodejs.OutputFormat.ESM,
      externalModules: [],
      mainFields: ['module', 'main'],
      banner: "import {createRequire} from 'node:module';const require=createRequire(import.meta.url);",
    },
  });
  staging.grantWrite(fn);
  signingKey.grant(fn, 'kms:Sign');

  const vpc = new ec2.Vpc(stack, 'Vpc', {
    availabilityZones: ['us-east-1a'],
    natGateways: 0,
    subnetConfiguration: [{ name: 'public', subnetType: ec2.SubnetType.PUBLIC }],
    restrictDefaultSecurityGroup: false,
  });
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });
  const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Job', { family: 'sample-job' });
  const container = taskDefinition.addContainer('job', {
    image: ecs.ContainerImage.fromAsset(here('./task')),
    environment: { BUCKET: archive.bucketName },
    secrets: { SECRET: ecs.Secret.fromSecretsManager(secret) },
    logging: ecs.LogDriver.awsLogs({ streamPrefix: 'job' }),
    stopTimeout: Duration.seconds(2),
  });

  const plan = new tasks.LambdaInvoke(stack, 'Plan', {
    lambdaFunction: fn.currentVersion,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    resultPath: '$.plan',
  });
  const run = new tasks.EcsRunTask(stack, 'RunJob', {
    integrationPattern: sfn.IntegrationPattern.RUN_JOB,
    cluster,
    taskDefinition,
    launchTarget: new tasks.EcsFargateLaunchTarget(),
    assignPublicIp: true,
    containerOverrides: [
      { containerDefinition: container, environment: [{ name: 'ITEM', value: sfn.JsonPath.stringAt('$.item') }] },
    ],
    resultSelector: { 'exitCode.$': '$.Containers[0].ExitCode' },
  });
  const each = new sfn.DistributedMap(stack, 'RunJobs', {
    itemsPath: '$.plan.items',
    itemSelector: { 'item.$': '$$.Map.Item.Value' },
    resultPath: '$.jobs',
  }).itemProcessor(run);
  const publish = new tasks.SnsPublish(stack, 'Notify', {
    topic,
    subject: 'done',
    message: sfn.TaskInput.fromObject({ 'items.$': '$.plan.items' }),
    messageAttributes: { kind: { value: 'sample' } },
    resultPath: sfn.JsonPath.DISCARD,
  });
  const machine = new sfn.StateMachine(stack, 'Machine', {
    definitionBody: sfn.DefinitionBody.fromChainable(plan.next(each).next(publish)),
    timeout: Duration.hours(1),
  });
  new events.Rule(stack, 'OnFailure', {
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [machine.stateMachineArn] },
    },
    targets: [new eventTargets.LambdaFunction(fn)],
  });
  new scheduler.Schedule(stack, 'Daily', {
    scheduleName: 'sample-daily',
    schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: '2' }),
    target: new schedulerTargets.StepFunctionsStartExecution(machine, {
      input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
    }),
  });
  new cloudwatch.Alarm(stack, 'Failed', { metric: machine.metricFailed(), threshold: 1, evaluationPeriods: 1 });
  new iam.ManagedPolicy(stack, 'Extra', {
    statements: [new iam.PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] })],
  });
  const named = (in_: Stack, id: string, value: string): CfnOutput => new CfnOutput(in_, id, { value });
  named(storage, 'StagingBucket', staging.bucketName);
  named(storage, 'ArchiveBucket', archive.bucketName);
  named(stack, 'ArchiveStateMachine', machine.stateMachineArn);
  named(stack, 'NotificationsTopic', topic.topicArn);
  extend?.(stack);
  return app.synth().directory;
}
