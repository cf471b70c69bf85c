import { Duration, RemovalPolicy, aws_iam as iam, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Network } from '../../constructs/network.ts';
import { allow } from '../../constructs/statements.ts';
import { attachingToVpc, give, type Right } from './rights.ts';

export interface IngestFunctionProps {
  readonly functionName: string;
  /** Default: CloudFormation names it. */
  readonly roleName?: string;
  /** A directory with an `index.mjs`. */
  readonly bundle: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly rights: readonly Right[];
  readonly network: Pick<Network, 'functions'>;
}

/** A function of ingestion with its role and its log group. What calls it names no version: it holds no state between runs. */
export class IngestFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: IngestFunctionProps) {
    super(scope, id);
    const { functionName, roleName, variables, network } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      ...(roleName !== undefined && { roleName }),
    });
    give(this.role, [
      ...props.rights,
      { statement: allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]) },
      ...(network.functions ? [attachingToVpc] : []),
    ]);
    this.function = new lambda.Function(this, 'Function', {
      functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.bundle),
      memorySize: props.memoryMiB,
      timeout: Duration.seconds(props.timeoutSeconds),
      role: this.role,
      logGroup,
      environment: {
        ...variables,
        POWERTOOLS_SERVICE_NAME: functionName,
        POWERTOOLS_METRICS_NAMESPACE: 'Permafrost',
        LOG_LEVEL: 'INFO',
      },
      ...network.functions,
    });
  }
}
