import type { IncomingHttpHeaders } from 'node:http';
import type { Runtime } from '../runtime/runtime.ts';
import type { CallFacts } from './calls.ts';
import { answerInvoke, invokedFunction } from './invoke-protocol.ts';
import { answerMappings } from './mappings-protocol.ts';

export interface LambdaAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or nothing. */
  readonly text: string;
  /** What it is to IAM. */
  readonly call: Omit<CallFacts, 'accessKeyId' | 'status'>;
}

/** Lambda's REST API, as far as it exists locally: invocations and event source mappings. */
export async function answerLambda(
  { mappings, ...invoking }: Pick<Runtime, 'functions' | 'invocations' | 'mappings'>,
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<LambdaAnswer> {
  const functionArn = invokedFunction(url);
  if (functionArn !== undefined) {
    const answer = await answerInvoke(invoking, functionArn, headers['x-amz-invocation-type'], body);
    return { ...answer, call: { action: 'lambda:InvokeFunction', resource: functionArn } };
  }
  const { status, content, error, ...call } = answerMappings(mappings, method, url, body.toString());
  return {
    status,
    headers: error === undefined ? {} : { 'x-amzn-errortype': error },
    text: JSON.stringify(content),
    call,
  };
}
