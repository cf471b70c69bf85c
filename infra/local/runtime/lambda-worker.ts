/**
 * One execution environment of a function: loads the bundled handler once, then runs one event after another. Started by
 * function-worker.ts with only the function's own environment variables.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

export interface WorkerSettings {
  directory: string;
  /** `file.export`, as the template has it. */
  handler: string;
  name: string;
  arn: string;
  memoryMb: number;
}

export interface WorkerRequest {
  requestId: string;
  event: unknown;
  version: string;
  /** Milliseconds since the epoch. */
  deadline: number;
}

export type WorkerAnswer =
  { payload: string | undefined } | { errorType: string; errorMessage: string; trace: string[] };

type Handler = (event: unknown, context: object) => unknown;

const settings = workerData as WorkerSettings;

async function loadHandler(): Promise<Handler> {
  const dot = settings.handler.lastIndexOf('.');
  const [file, name] = [settings.handler.slice(0, dot), settings.handler.slice(dot + 1)];
  for (const extension of ['.mjs', '.js', '.cjs']) {
    const url = pathToFileURL(join(settings.directory, file + extension)).href;
    const module = (await import(url).catch((error: unknown) => {
      const { code, url: missing } = error as { code?: string; url?: string };
      if (code === 'ERR_MODULE_NOT_FOUND' && missing === url) return undefined;
      throw error;
    })) as Record<string, unknown> | undefined;
    if (!module) continue;
    const handler = module[name] ?? (module['default'] as Record<string, unknown> | undefined)?.[name];
    if (typeof handler === 'function') return handler as Handler;
    throw named('Runtime.HandlerNotFound', `${settings.handler} is undefined or not exported`);
  }
  throw named('Runtime.ImportModuleError', `Cannot find module '${file}'`);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** As the Node.js runtime of Lambda reports it: errorType is the error's name. */
function describe(thrown: unknown): WorkerAnswer {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
}

let loading: Promise<Handler> | undefined;

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  try {
    loading ??= loadHandler();
    const handler = await loading;
    const result = await handler(request.event, {
      functionName: settings.name,
      functionVersion: request.version,
      invokedFunctionArn: settings.arn,
      memoryLimitInMB: String(settings.memoryMb),
      awsRequestId: request.requestId,
      logGroupName: `/aws/lambda/${settings.name}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => Math.max(0, request.deadline - Date.now()),
    });
    return { payload: JSON.stringify(result) };
  } catch (thrown) {
    return describe(thrown);
  }
}

parentPort?.on('message', (request: WorkerRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
