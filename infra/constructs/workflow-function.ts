import { Duration, RemovalPolicy, aws_iam as iam, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Network } from './network.ts';
import { allow, attachToVpc } from './statements.ts';

export interface WorkflowFunctionProps {
  readonly functionName: string;
  /** A directory with an `index.mjs`. */
  readonly bundle: string;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly rights: readonly iam.PolicyStatement[];
  readonly network: Pick<Network, 'functions'>;
  /** Of powertools: the service's name in logs and metrics. */
  readonly serviceName: string;
}

/** Longer than a redrive is possible; the archive's own records are what is kept for years. */
const logRetention = logs.RetentionDays.THREE_MONTHS;

/** One state's function: its role with its own rights, its log group, and the published version that the workflow invokes. */
export class WorkflowFunction extends Construct {
  readonly functionName: string;
  /** An execution keeps to the version it began with, also when it is redriven after a deployment. */
  readonly version: lambda.IVersion;
  readonly logGroup: logs.LogGroup;
  readonly role: iam.IRole;
  /** Whether it is told where the cluster is. */
  readonly callsCluster: boolean;

  constructor(stack: Stack, id: string, props: WorkflowFunctionProps) {
    super(stack, id);
    this.functionName = props.functionName;
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${props.functionName}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const rights = [
      ...props.rights,
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]),
      ...(props.network.functions ? [attachToVpc] : []),
    ];
    for (const statement of rights) role.addToPolicy(statement);
    const { currentVersion } = new lambda.Function(this, 'Function', {
      functionName: props.functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.bundle),
      memorySize: 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup: this.logGroup,
      environment: {
        ...props.variables,
        POWERTOOLS_SERVICE_NAME: props.serviceName,
        POWERTOOLS_METRICS_NAMESPACE: 'Permafrost',
        LOG_LEVEL: 'INFO',
      },
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...props.network.functions,
    });
    this.version = currentVersion;
    this.role = role;
    this.callsCluster = 'DOMAIN_ENDPOINT' in props.variables;
  }
}
