import { aws_iam as iam, aws_scheduler as scheduler } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { environment } from '../../../functions/ingest/enable-indexers.ts';
import { allow } from '../../constructs/statements.ts';
import type { Variables } from '../../constructs/variables.ts';
import { alarmOnStopped } from './alarms.ts';
import { clusterVariables } from './cluster-variables.ts';
import type { Shared } from './indexer.ts';
import { IngestFunction } from './ingest-function.ts';
import { enablerName, rejectsBucketName } from './names.ts';
import { enablerRights } from './rights.ts';

export const enableIndexers = 'functions/ingest/enable-indexers';

const gibibyte = 1024 ** 3;

/** Starts indexers again that stopped themselves, once the cluster has disk. */
export class Enabler extends Construct {
  readonly role: string;

  constructor(scope: Construct, id: string, { home, bundles, topic, network }: Shared) {
    super(scope, id);
    const functionName = enablerName(home);
    const variables: Variables<typeof environment> = {
      ...clusterVariables(home),
      REJECTS_BUCKET: rejectsBucketName(home),
      MINIMUM_FREE_BYTES: String(home.minimumFreeGiB * gibibyte),
    };
    const { function: enabling, role } = new IngestFunction(this, 'Enabling', {
      functionName,
      bundle: bundles(enableIndexers),
      timeoutSeconds: 120,
      memoryMiB: 512,
      variables,
      rights: enablerRights(home),
      network,
    });
    this.role = role.roleArn;

    const invoker = new iam.Role(this, 'Invoker', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': home.account } },
      }),
    });
    invoker.addToPolicy(allow(['lambda:InvokeFunction'], [enabling.functionArn]));
    const schedule = new scheduler.CfnSchedule(this, 'Schedule', {
      name: functionName,
      description: 'Starts indexers again that stopped themselves',
      scheduleExpression: 'rate(5 minutes)',
      flexibleTimeWindow: { mode: 'OFF' },
      // The next one does what this one could not.
      target: {
        arn: enabling.functionArn,
        roleArn: invoker.roleArn,
        input: '{}',
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
    // Scheduler tries the role when it is told of it.
    schedule.node.addDependency(invoker);
    alarmOnStopped(this, functionName, topic);
  }
}
