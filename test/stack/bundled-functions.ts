/** The deployed functions, started once more with other settings than the template's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { Functions } from '../../infra/local/runtime/functions.ts';
import { readAssemblies } from '../../infra/local/template/assembly.ts';
import { resolveIntrinsics } from '../support/intrinsics.ts';
import { deployedStacks } from './deployed.ts';
import { endpoints, openSearchUrl } from './stack.ts';

interface FunctionProperties {
  FunctionName: string;
  Handler: string;
  Code: { S3Key: string };
  Environment: { Variables: Record<string, string> };
}

/**
 * Invokes the bundle of a function (`permafrost-...`) with its template's variables, some replaced, and the operator's rights.
 * @throws FunctionFailed under the name of the error that the function threw
 */
export async function invokeWith(name: string, replaced: Record<string, string>, event: object): Promise<unknown> {
  const stacks = deployedStacks();
  const found = stacks.templates.flatMap((template) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => resolveIntrinsics(stacks, template, Properties) as unknown as FunctionProperties),
  );
  const { Code, Handler, Environment } = found.find(({ FunctionName }) => FunctionName === name)!;
  const logs = await mkdtemp(join(tmpdir(), 'bundled-functions-'));
  const functions = new Functions(logs);
  functions.define({
    name,
    arn: name,
    directory: readAssemblies(inject('assemblies')).files.get(Code.S3Key)!,
    handler: Handler,
    environment: {
      ...Environment.Variables,
      DOMAIN_ENDPOINT: openSearchUrl,
      AWS_REGION: endpoints.region,
      AWS_ENDPOINT_URL: endpoints.aws,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_ACCESS_KEY_ID: endpoints.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: endpoints.credentials.secretAccessKey,
      AWS_LAMBDA_FUNCTION_NAME: name,
      ...replaced,
    },
    timeoutSeconds: 60,
    memoryMb: 512,
  });
  try {
    return await functions.invoke(name, event);
  } finally {
    await functions.close();
    await rm(logs, { recursive: true });
  }
}
