/** Resolves the intrinsics of synthesized templates to what they are after a deployment, as far as tests need it. */

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
export interface SynthesizedTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
}

export interface DeployedStacks {
  readonly templates: readonly SynthesizedTemplate[];
  readonly account: string;
  readonly region: string;
  /** Physical ids (what Ref gives) of resources, where the template does not fix them: ids of keys, names of roles. */
  readonly physicalId?: (template: SynthesizedTemplate, logicalId: string) => string | undefined;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const nameProperties: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::KinesisFirehose::DeliveryStream': 'DeliveryStreamName',
  'AWS::SQS::Queue': 'QueueName',
};

/** Where the name stands in the ARN of a type. */
const arns: Readonly<Record<string, (name: string, place: string, account: string) => string>> = {
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SNS::Topic': (name, place) => `arn:aws:sns:${place}:${name}`,
  'AWS::Lambda::Function': (name, place) => `arn:aws:lambda:${place}:function:${name}`,
  'AWS::Lambda::Version': (name, place) => `arn:aws:lambda:${place}:function:${name}`,
  'AWS::StepFunctions::StateMachine': (name, place) => `arn:aws:states:${place}:stateMachine:${name}`,
  'AWS::ECS::Cluster': (name, place) => `arn:aws:ecs:${place}:cluster/${name}`,
  'AWS::ECS::TaskDefinition': (name, place) => `arn:aws:ecs:${place}:task-definition/${name}:1`,
  'AWS::Logs::LogGroup': (name, place) => `arn:aws:logs:${place}:log-group:${name}:*`,
  'AWS::KMS::Key': (name, place) => `arn:aws:kms:${place}:key/${name}`,
  'AWS::IAM::Role': (name, _, account) => `arn:aws:iam::${account}:role/${name}`,
  'AWS::ECR::Repository': (name, place) => `arn:aws:ecr:${place}:repository/${name}`,
  'AWS::KinesisFirehose::DeliveryStream': (name, place) => `arn:aws:firehose:${place}:deliverystream/${name}`,
  'AWS::EFS::FileSystem': (name, place) => `arn:aws:elasticfilesystem:${place}:file-system/${name}`,
  'AWS::EFS::AccessPoint': (name, place) => `arn:aws:elasticfilesystem:${place}:access-point/${name}`,
  'AWS::SQS::Queue': (name, place) => `arn:aws:sqs:${place}:${name}`,
  'AWS::EC2::VPC': (name, place) => `arn:aws:ec2:${place}:vpc/${name}`,
};
/** Types whose Ref is their ARN. */
const referToArn = new Set([
  'AWS::SNS::Topic',
  'AWS::StepFunctions::StateMachine',
  'AWS::ECS::TaskDefinition',
  'AWS::Lambda::Version',
]);

/** An intrinsic that this resolver does not know: the test would otherwise compare nonsense. */
export class IntrinsicUnknown extends Error {
  override readonly name = 'IntrinsicUnknown';
}

/** The value with every intrinsic in it resolved. */
export function resolveIntrinsics(stacks: DeployedStacks, template: SynthesizedTemplate, value: unknown): Json {
  const resolve = (inner: unknown): Json => resolveIntrinsics(stacks, template, inner);
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value as Json;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return intrinsic(stacks, template, name, argument);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
}

function intrinsic(stacks: DeployedStacks, template: SynthesizedTemplate, name: string, argument: unknown): Json {
  const resolve = (inner: unknown): Json => resolveIntrinsics(stacks, template, inner);
  const text = (inner: unknown): string => {
    const resolved = resolve(inner);
    return typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
  };
  switch (name) {
    case 'Ref':
      return reference(stacks, template, argument as string);
    case 'Fn::GetAtt': {
      const [logicalId = '', attribute = ''] =
        typeof argument === 'string' ? argument.split('.') : (argument as string[]);
      return attributeOf(stacks, template, logicalId, attribute);
    }
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(text).join(separator);
    }
    case 'Fn::Select': {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(list) as Json[])[Number(index)] ?? '';
    }
    case 'Fn::Split': {
      const [separator, whole] = argument as [string, unknown];
      return text(whole).split(separator);
    }
    case 'Fn::Sub': {
      const [pattern, variables] = (typeof argument === 'string' ? [argument, {}] : argument) as [
        string,
        Record<string, unknown>,
      ];
      return pattern.replaceAll(/\$\{([^!}]+)\}/g, (_, key: string) => {
        if (key in variables) return text(variables[key]);
        return text(key.includes('.') ? { 'Fn::GetAtt': key } : { Ref: key });
      });
    }
    case 'Fn::GetAZs':
      return ['a', 'b', 'c'].map((zone) => stacks.region + zone);
    case 'Fn::ImportValue':
      return imported(stacks, text(argument));
    default:
      throw new IntrinsicUnknown(`${name} ${JSON.stringify(argument)}`);
  }
}

function imported(stacks: DeployedStacks, exportName: string): Json {
  for (const template of stacks.templates) {
    for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
      if (Export?.Name === exportName) return resolveIntrinsics(stacks, template, Value);
    }
  }
  throw new IntrinsicUnknown(`no stack exports ${exportName}`);
}

function reference(stacks: DeployedStacks, template: SynthesizedTemplate, logicalId: string): string {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::Region': stacks.region,
    'AWS::AccountId': stacks.account,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const known = pseudo[logicalId] ?? stacks.physicalId?.(template, logicalId);
  if (known !== undefined) return known;
  const resource = template.Resources[logicalId];
  if (resource && referToArn.has(resource.Type)) return attributeOf(stacks, template, logicalId, 'Arn');
  return physicalName(stacks, template, logicalId);
}

function physicalName(stacks: DeployedStacks, template: SynthesizedTemplate, logicalId: string): string {
  const resource = template.Resources[logicalId];
  if (!resource) return logicalId;
  if (resource.Type === 'AWS::Lambda::Version') {
    const { Ref = '' } = resource.Properties?.['FunctionName'] as { Ref?: string };
    return `${physicalName(stacks, template, Ref)}:1`;
  }
  const name = resource.Properties?.[nameProperties[resource.Type] ?? ''];
  return name === undefined ? logicalId : (resolveIntrinsics(stacks, template, name) as string);
}

function attributeOf(
  stacks: DeployedStacks,
  template: SynthesizedTemplate,
  logicalId: string,
  attribute: string,
): string {
  const type = template.Resources[logicalId]?.Type ?? '';
  if (attribute !== 'Arn' && attribute !== 'TopicArn') return `${logicalId}.${attribute}`;
  const arn = arns[type];
  if (!arn) throw new IntrinsicUnknown(`Fn::GetAtt ${logicalId}.${attribute}: no ARN is known for ${type}`);
  // The physical id of a queue is its URL.
  const name = (stacks.physicalId?.(template, logicalId) ?? physicalName(stacks, template, logicalId)).replace(
    /^https?:.*\//,
    '',
  );
  return name.startsWith('arn:') ? name : arn(name, `${stacks.region}:${stacks.account}`, stacks.account);
}
