import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_s3 as s3, aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { environment } from '../../functions/ingest/index-cloudwatch-logs.ts';
import { SettingsInvalid } from '../config/errors.ts';
import { bundleFunctions } from '../constructs/bundles.ts';
import type { Network } from '../constructs/network.ts';
import { allow, cluster } from '../constructs/statements.ts';
import type { Variables } from '../constructs/variables.ts';
import { alarmOnCloudwatchIndexer } from './cloudwatch/alarms.ts';
import { failedEventsBucket } from './cloudwatch/failed-events-bucket.ts';
import { failedEventsPrefix } from './cloudwatch/failed-events-prefix.ts';
import { IngestFunction } from './indexers/ingest-function.ts';
import { clusterRights, type Right } from './indexers/rights.ts';

export interface CloudwatchIndexerProps {
  /** Begins the names of the function and its alarms. */
  readonly prefix: string;
  /** `endpoint` with `https://`. */
  readonly domain: { readonly endpoint: string; readonly arn: string };
  /** With date tokens. Default `cwl-YYYY.MM.DD`. */
  readonly indexPattern?: string;
  /** A SecureString with user and password, and the key that encrypts it. Without it, the role signs its requests. */
  readonly user?: { readonly parameterName: string; readonly keyArn: string };
  /** Log groups to subscribe; each may have two subscriptions in all. */
  readonly logGroupNames: readonly string[];
  /** Of CloudWatch Logs. Default: all events. */
  readonly filterPattern?: string;
  readonly topic: sns.ITopic;
  readonly network: Pick<Network, 'functions'>;
  /** Of the bucket of failed events and rejects. Default: CloudFormation names it. */
  readonly bucketName?: string;
}

const entry = 'functions/ingest/index-cloudwatch-logs';
const defaultPattern = 'cwl-YYYY.MM.DD';
/** Several times what the bulk writer waits for a busy cluster. */
const timeoutSeconds = 300;
const memoryMiB = 1024;
/** As in the keys of rejects: `rejects/cloudwatch-logs/...`. */
const indexer = 'cloudwatch-logs';
/** The service's own defaults, said here since the replay of failed events rests on them. */
const retries = 2;
const oldestEvent = Duration.hours(6);

export const cloudwatchIndexerName = (prefix: string): string => `${prefix}-index-cloudwatch-logs`;

/**
 * CloudWatch Logs -> subscription -> `index-cloudwatch-logs` -> the cluster. An event that failed three times lies in the bucket, and
 * `npm run replay` indexes it again.
 */
export class CloudwatchIndexer extends Construct {
  readonly function: lambda.Function;
  /** To be given a role in the cluster, where it signs its requests. */
  readonly role: iam.Role;
  /** Failed events, and rejects. */
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: CloudwatchIndexerProps) {
    super(scope, id);
    const functionName = cloudwatchIndexerName(props.prefix);
    const ownLogGroup = `/aws/lambda/${functionName}`;
    if (props.logGroupNames.includes(ownLogGroup))
      throw new SettingsInvalid(
        `${ownLogGroup} cannot be indexed by the function that writes it: each run would make another`,
      );
    this.bucket = failedEventsBucket(this, props.bucketName);
    const variables: Variables<typeof environment> = {
      DOMAIN_ENDPOINT: props.domain.endpoint,
      INDEXER: indexer,
      INDEX_PATTERN: props.indexPattern ?? defaultPattern,
      REJECTS_BUCKET: this.bucket.bucketName,
      ...(props.user && { CLUSTER_USER_PARAMETER: props.user.parameterName }),
    };
    const indexing = new IngestFunction(this, 'Indexing', {
      ...{ functionName, timeoutSeconds, memoryMiB, variables },
      bundle: bundleFunctions(Stack.of(this), [entry], indexer)(entry),
      rights: rights(this.bucket, functionName, props),
      network: props.network,
    });
    this.function = indexing.function;
    this.role = indexing.role;
    this.#acknowledgeKeys(writtenPrefixes(functionName));
    const failures = new lambda.CfnEventInvokeConfig(this, 'Failures', {
      functionName: this.function.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: retries,
      maximumEventAgeInSeconds: oldestEvent.toSeconds(),
      destinationConfig: { onFailure: { destination: this.bucket.bucketArn } },
    });
    // Lambda tries the role when it is told of the destination.
    failures.node.addDependency(this.role);
    this.#subscribe(functionName, props, failures);
    const { topic, logGroupNames } = props;
    alarmOnCloudwatchIndexer(this, { functionName, filterName: functionName, logGroupNames, topic });
  }

  /** Of the rule that forbids wildcards. */
  #acknowledgeKeys(prefixes: readonly string[]): void {
    const bucketId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as s3.CfnBucket);
    for (const prefix of prefixes) {
      Validations.of(this.role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${prefix}*]`,
        reason: 'Keys hold times and digests, which are not known before; objects are added, never deleted.',
      });
    }
  }

  #subscribe(
    filterName: string,
    { logGroupNames, filterPattern = '' }: Pick<CloudwatchIndexerProps, 'logGroupNames' | 'filterPattern'>,
    failures: Construct,
  ): void {
    const { account, region, partition } = Stack.of(this);
    const { functionArn } = this.function;
    logGroupNames.forEach((logGroupName, index) => {
      const permission = new lambda.CfnPermission(this, `Permission${index + 1}`, {
        action: 'lambda:InvokeFunction',
        principal: 'logs.amazonaws.com',
        functionName: functionArn,
        sourceAccount: account,
        sourceArn: `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}:*`,
      });
      const filter = new logs.CfnSubscriptionFilter(this, `Filter${index + 1}`, {
        filterName,
        logGroupName,
        filterPattern,
        destinationArn: functionArn,
      });
      // Events come from then on: it must be settled where failed ones go.
      filter.node.addDependency(permission, failures);
    });
  }
}

const writtenPrefixes = (functionName: string): string[] => [`rejects/${indexer}/`, failedEventsPrefix(functionName)];

function rights(
  bucket: s3.IBucket,
  functionName: string,
  { domain, user }: Pick<CloudwatchIndexerProps, 'domain' | 'user'>,
): Right[] {
  const { partition, region, account } = Stack.of(bucket);
  return [
    {
      statement: allow(
        ['s3:PutObject'],
        writtenPrefixes(functionName).map((prefix) => bucket.arnForObjects(`${prefix}*`)),
      ),
    },
    // Lambda asks for it before it takes a bucket for a destination.
    { statement: allow(['s3:ListBucket'], [bucket.bucketArn]) },
    ...clusterRights({ partition, region, account, user }, cluster(domain.arn, ['Post'], ['_bulk'])),
  ];
}
