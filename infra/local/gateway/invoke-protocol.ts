import type { AsyncInvocations } from '../runtime/async-invocations.ts';
import { FunctionFailed, RuntimeServiceError } from '../runtime/errors.ts';
import { functionArnOf } from '../runtime/function-reference.ts';
import type { Functions } from '../runtime/functions.ts';

const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/;

/** ARN of the function that a request invokes, with its qualifier; undefined for any other request. */
export function invokedFunction(url: URL): string | undefined {
  const name = path.exec(url.pathname)?.[1];
  if (name === undefined) return undefined;
  const functionArn = functionArnOf(decodeURIComponent(name));
  const qualifier = url.searchParams.get('Qualifier');
  return qualifier === null ? functionArn : `${functionArn}:${qualifier}`;
}

export interface InvokeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or nothing. */
  readonly text: string;
}

/**
 * The operation Invoke of Lambda: the answer of the function, or, for the type `Event`, that it was taken on
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
 */
export async function answerInvoke(
  {
    functions,
    invocations,
  }: { readonly functions: Pick<Functions, 'has' | 'invoke'>; readonly invocations: AsyncInvocations },
  functionArn: string,
  type: string | string[] | undefined,
  body: Buffer,
): Promise<InvokeAnswer> {
  if (!functions.has(functionArn))
    return failure(404, 'ResourceNotFoundException', `Function not found: ${functionArn}`);
  if (type === 'DryRun') return { status: 204, headers: {}, text: '' };
  let event: unknown;
  try {
    event = body.length === 0 ? {} : JSON.parse(body.toString());
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    return failure(400, 'InvalidRequestContentException', message);
  }
  if (type === 'Event') {
    invocations.invoke(functionArn, event);
    return { status: 202, headers: {}, text: '' };
  }
  try {
    return { status: 200, headers: {}, text: JSON.stringify(await functions.invoke(functionArn, event)) };
  } catch (error) {
    if (error instanceof FunctionFailed) {
      const { name: errorType, message: errorMessage, trace } = error;
      const text = JSON.stringify({ errorType, errorMessage, trace });
      return { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, text };
    }
    if (!(error instanceof RuntimeServiceError)) throw error;
    return failure(500, error.name.replace(/^Lambda\./, ''), error.message);
  }
}

const failure = (status: number, code: string, message: string): InvokeAnswer => ({
  status,
  headers: { 'x-amzn-errortype': code },
  text: JSON.stringify({ Type: 'User', Message: message }),
});
