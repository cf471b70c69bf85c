import { account, region } from '../template/scope.ts';

export interface FunctionReference {
  readonly name: string;
  /** `$LATEST` or a version. */
  readonly qualifier: string;
}

/** Of a name or an ARN, with a qualifier or without, which means `$LATEST`. */
export function functionOf(nameOrArn: string): FunctionReference {
  const parts = nameOrArn.split(':');
  const [name = '', qualifier = '$LATEST'] = nameOrArn.startsWith('arn:') ? parts.slice(6) : parts;
  return { name, qualifier };
}

/** Of a name or an ARN; a qualifier stays where there is one. */
export const functionArnOf = (nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:lambda:${region}:${account}:function:${nameOrArn}`;
