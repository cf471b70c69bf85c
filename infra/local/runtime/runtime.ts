import { SQSClient } from '@aws-sdk/client-sqs';
import type { Credentials, Roles } from '../deploy/roles.ts';
import type { Calls } from '../gateway/calls.ts';
import { createStates, type StatesService } from '../states/service.ts';
import { region } from '../template/scope.ts';
import { AsyncInvocations } from './async-invocations.ts';
import { createBindings } from './bindings.ts';
import { EventSourceMappings } from './event-source-mappings.ts';
import { functionOf } from './function-reference.ts';
import { Functions } from './functions.ts';
import { LogGroups } from './log-groups.ts';
import { Rules } from './rules.ts';
import { Schedules } from './schedules.ts';
import { Tasks } from './tasks.ts';

export interface RuntimeOptions {
  /** Directory of what functions and tasks print. */
  readonly logs: string;
  /** Directory of executions. */
  readonly historyDir: string;
  /** What waits are multiplied by. */
  readonly timeScale: number;
  readonly roles: Roles;
  readonly calls: Calls;
  /** For what only the stack itself does. */
  readonly operator: Credentials;
  /** `gateway`: all services but S3, recorded. `aws`: the server behind it. */
  readonly addresses: { readonly gateway: string; readonly aws: string; readonly s3: string };
}

/** What runs code, and what makes it run. */
export interface Runtime {
  readonly functions: Functions;
  readonly invocations: AsyncInvocations;
  readonly tasks: Tasks;
  readonly states: StatesService;
  readonly rules: Rules;
  readonly schedules: Schedules;
  readonly logGroups: LogGroups;
  readonly mappings: EventSourceMappings;
  /** Ends what runs, callers before those whom they call. */
  readonly close: () => Promise<void>;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const { logs, historyDir, timeScale, roles, calls, operator, addresses } = options;
  const functions = new Functions(logs);
  const invoke = (functionArn: string, event: unknown): Promise<unknown> => functions.invoke(functionArn, event);
  const invocations = new AsyncInvocations({ invoke, timeScale });
  const invokeLater = (functionArn: string, event: unknown): void => invocations.invoke(functionArn, event);
  const tasks = new Tasks(logs);
  const endpoints = { aws: addresses.gateway, s3: addresses.s3 };
  const states = createStates({
    bindings: createBindings({ functions, tasks, roles, calls, endpoints }),
    timeScale,
    historyDir,
  });
  const rules = new Rules(invokeLater);
  states.onStatusChange((event) => rules.deliver({ ...event }));
  const schedules = new Schedules(async (targetArn, input) => {
    const payload = JSON.parse(input) as Record<string, never>;
    return targetArn.includes(':lambda:')
      ? invoke(targetArn, payload)
      : states.startExecution({ stateMachineArn: targetArn, input: payload });
  });
  const sqs = (endpoint: string, credentials: Credentials): SQSClient =>
    new SQSClient({ endpoint, region, credentials: { ...credentials } });
  const own = sqs(addresses.aws, operator);
  const mappings = new EventSourceMappings({
    invoke,
    clientFor: (functionArn) => sqs(addresses.gateway, roles.of(functionOf(functionArn).name)?.credentials ?? operator),
    own,
    timeScale,
  });
  return {
    ...{ functions, invocations, tasks, states, rules, schedules, mappings },
    logGroups: new LogGroups(invokeLater),
    close: async () => {
      await Promise.all([mappings.stop(), states.close()]);
      await invocations.close();
      await tasks.close();
      await functions.close();
      // What the functions did not finish has failed by now: put back, or stored, it is not lost.
      await Promise.all([mappings.close(), invocations.settled()]);
      own.destroy();
    },
  };
}
