import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import type { Calls } from '../gateway/calls.ts';
import type { Roles } from '../deploy/roles.ts';
import type { Bindings, Call } from '../states/bindings.ts';
import { copyJson, type JsonObject } from '../states/json.ts';
import { region } from '../template/scope.ts';
import { RuntimeServiceError } from './errors.ts';
import type { Functions } from './functions.ts';
import type { Tasks } from './tasks.ts';

export interface BindingsOptions {
  functions: Functions;
  tasks: Tasks;
  roles: Roles;
  calls: Calls;
  /** Addresses to be used by the state machine's own calls. */
  endpoints: { aws: string; s3: string };
}

interface SdkClient {
  send: (command: object, options: { abortSignal: AbortSignal }) => Promise<unknown>;
  destroy: () => void;
}
type SdkModule = Record<string, new (input: object) => SdkClient>;

/** Clients of the services that a state machine may call by itself. */
const SDK: Record<string, () => Promise<unknown>> = {
  kms: () => import('@aws-sdk/client-kms'),
  s3: () => import('@aws-sdk/client-s3'),
  secretsmanager: () => import('@aws-sdk/client-secrets-manager'),
  sns: () => import('@aws-sdk/client-sns'),
  sqs: () => import('@aws-sdk/client-sqs'),
};

/** What state machines call: the template's functions and tasks, and services by their SDK, each as the machine's role. */
export function createBindings({ functions, tasks, roles, calls, endpoints }: BindingsOptions): Bindings {
  return {
    invokeLambda: (functionArn, payload, call) => {
      calls.addAs(call.roleArn, 'lambda:InvokeFunction', functionArn);
      return functions.invoke(functionArn, payload);
    },
    runTask: (request, call) => runTask(tasks, calls, request, call),
    callAwsService: (service, action, parameters, call) => {
      const credentials = roles.byArn(call.roleArn)?.credentials;
      if (!credentials) throw new RuntimeServiceError('States.Runtime', `The role ${call.roleArn} does not exist`);
      const endpoint = service === 's3' ? endpoints.s3 : endpoints.aws;
      return callSdk(service, action, asSdkInput(service, parameters), { endpoint, region, credentials }, call.signal);
    },
  };
}

async function runTask(tasks: Tasks, calls: Calls, request: RunTaskCommandInput, call: Call): Promise<Task> {
  const definition = tasks.definition(request.taskDefinition ?? '');
  const { task, stopped } = tasks.run(request);
  const conditions = { cluster: task.clusterArn };
  calls.addAs(call.roleArn, 'ecs:RunTask', task.taskDefinitionArn ?? '', conditions);
  for (const roleArn of definition?.roleArns ?? []) {
    calls.addAs(call.roleArn, 'iam:PassRole', roleArn, { passedTo: 'ecs-tasks.amazonaws.com' });
  }
  call.submitted(copyJson({ Tasks: [{ TaskArn: task.taskArn }], Failures: [] }));
  const stop = (): void => {
    if (task.lastStatus === 'STOPPED') return;
    calls.addAs(call.roleArn, 'ecs:StopTask', task.taskArn ?? '', conditions);
    tasks.stop(task.taskArn ?? '', `The state ${call.stateName} ended before its task`);
  };
  if (call.signal.aborted) stop();
  call.signal.addEventListener('abort', stop);
  try {
    return await stopped;
  } finally {
    call.signal.removeEventListener('abort', stop);
  }
}

async function callSdk(
  service: string,
  action: string,
  input: object,
  settings: object,
  abortSignal: AbortSignal,
): Promise<unknown> {
  const load = SDK[service];
  const command = `${action.charAt(0).toUpperCase()}${action.slice(1)}Command`;
  const module = ((await load?.()) ?? {}) as SdkModule;
  const clientName = Object.keys(module).find((name) => /^[A-Z0-9a-z]+Client$/.test(name) && !name.startsWith('__'));
  const [Client, Command] = [module[clientName ?? ''], module[command]];
  if (!Client || !Command)
    throw new RuntimeServiceError('States.Runtime', `${service}:${action} has no local counterpart`);
  const client = new Client(service === 's3' ? { ...settings, forcePathStyle: true } : settings);
  try {
    const { $metadata: _metadata, ...output } = (await client.send(new Command(input), { abortSignal })) as Record<
      string,
      unknown
    >;
    return output;
  } finally {
    client.destroy();
  }
}

/** A definition may give `Message` and `MessageBody` as an object: the service gets its JSON text. */
function asSdkInput(service: string, parameters: JsonObject): object {
  if (service !== 'sns' && service !== 'sqs') return parameters;
  const text = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [key, /^Message(Body)?$/.test(key) ? text(value) : value]),
  );
}
