import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { runStep, type Step } from '../../functions/step.ts';
import type { Telemetry } from '../../functions/telemetry.ts';
import { StatesService } from '../../infra/local/states/service.ts';
import { serveStates } from '../../infra/local/states/wire.ts';
import type { Executions } from '../../ports/executions.ts';
import type { Definition } from './definitions.ts';

export interface Notice {
  readonly subject: string;
  readonly message: string;
}

/** A fault at a state: the call never gets there, or its work is done and its answer lost. */
export interface Fault {
  readonly state: string;
  readonly when: 'before' | 'after';
  /** From this call of the state on; default 1, the first. */
  readonly fromCall?: number;
}

/** An error that nothing retries. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

export interface EndedExecution {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string | undefined;
  readonly output: Record<string, unknown>;
}

export interface Container {
  readonly name: string;
  /** The map state that runs it. */
  readonly mapState: string;
  /** Answers with the exit code. */
  readonly run: (variables: Record<string, string>, signal: AbortSignal) => Promise<number>;
}

export interface Machine<P> {
  readonly name: string;
  readonly definition: Definition;
  readonly steps: readonly { readonly state: string }[];
  /** What the steps are connected to. */
  readonly ports: P;
  readonly container?: Container;
}

const silent: Telemetry = { info: () => undefined, warn: () => undefined, measure: () => undefined };
export const machineArn = (name: string): string => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

/**
 * State machines in one process and no time: the real definitions on the local engine, the real functions and tasks on ports
 * in memory, and the SFN protocol over HTTP for a real client.
 */
export class InProcessStates {
  readonly notices: Notice[] = [];
  /** How often each state's function (or task) was called. */
  readonly calls = new Map<string, number>();
  readonly #machines = new Map<string, Machine<unknown>>();
  readonly #states: StatesService;
  readonly #server = createServer((request, response) => {
    void buffer(request).then((body) => serveStates(this.#states)(request, response, body));
  });
  readonly #held = new Map<string, Promise<void>>();
  #fault: Fault | undefined;
  #sfn: SFNClient | undefined;

  /** @param now the engine's clock; default: the system's */
  constructor(now: () => Date = () => new Date()) {
    this.#states = new StatesService({
      timeScale: 0,
      now: () => now().getTime(),
      bindings: {
        invokeLambda: (arn, payload) => this.#invoke(arn, payload),
        runTask: async ({ overrides, cluster }, { signal }) => {
          const { name, environment = [] } = overrides!.containerOverrides![0]!;
          const variables = Object.fromEntries(environment.map((variable) => [variable.name!, variable.value!]));
          const containers = [...this.#machines.values()].flatMap(({ container }) => container ?? []);
          const { mapState, run } = containers.find((container) => container.name === name)!;
          // A container that dies leaves nothing but its exit code.
          const exitCode = await this.#at(mapState, () => run(variables, signal)).catch(() => 137);
          return { taskArn: `${cluster ?? ''}/task`, containers: [{ name: name!, exitCode }] };
        },
        callAwsService: async (service, action, parameters) => {
          if (`${service}:${action}` !== 'sns:publish') throw new Error(`Nothing here answers ${service}:${action}`);
          await this.#at('NotifyFailure', () =>
            this.publish(parameters.Subject as string, parameters.Message as string),
          );
          return { MessageId: String(this.notices.length) };
        },
      },
    });
  }

  /** A real client, over the wire. */
  get sfn(): SFNClient {
    return this.#sfn!;
  }

  readonly publish = (subject: string, message: string): Promise<void> => {
    this.notices.push({ subject, message });
    return Promise.resolve();
  };

  readonly executions: Executions = {
    running: (stateMachineArn) =>
      Promise.resolve(
        this.#states
          .listExecutions({ stateMachineArn, statusFilter: 'RUNNING' })
          .executions.map(({ executionArn, startDate }) => ({ arn: executionArn, startedAt: new Date(startDate) })),
      ),
    redriveCount: (arn) => Promise.resolve(this.#states.describeExecution(arn).redriveCount),
    events: () => {
      throw new Error('not used by the workflows themselves');
    },
  };

  add<P>(machine: Machine<P>): void {
    this.#machines.set(machine.name, machine);
    this.#states.createStateMachine({
      name: machine.name,
      arn: machineArn(machine.name),
      definition: machine.definition,
      roleArn: `arn:aws:iam::000000000000:role/${machine.name}`,
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.#sfn = new SFNClient({
      endpoint: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  async close(): Promise<void> {
    this.#sfn?.destroy();
    await this.#states.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Every call of the state fails from now on, until `repair`. */
  break(fault: Fault): void {
    this.#fault = fault;
  }

  repair(): void {
    this.#fault = undefined;
  }

  /** Holds up every call of the state, before its work, until the answer is called. */
  hold(state: string): () => void {
    let release: () => void = () => undefined;
    this.#held.set(
      state,
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    return () => {
      this.#held.delete(state);
      release();
    };
  }

  /** Resolves once the state has been called so often. */
  async reached(state: string, calls = 1): Promise<void> {
    while ((this.calls.get(state) ?? 0) < calls) await sleep(5);
  }

  async start(machine: string, input: unknown, name = 'run'): Promise<string> {
    const { executionArn } = await this.sfn.send(
      new StartExecutionCommand({ stateMachineArn: machineArn(machine), name, input: JSON.stringify(input) }),
    );
    return executionArn!;
  }

  async ended(executionArn: string): Promise<EndedExecution> {
    for (;;) {
      const { status, error, cause, output } = await this.sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') {
        const parsed = JSON.parse(output ?? '{}') as Record<string, unknown>;
        return { status: status!, ...(error !== undefined && { error, cause }), output: parsed };
      }
      await sleep(5);
    }
  }

  async run(machine: string, input: unknown, name = 'run'): Promise<EndedExecution> {
    return this.ended(await this.start(machine, input, name));
  }

  async redrive(executionArn: string): Promise<EndedExecution> {
    await this.sfn.send(new RedriveExecutionCommand({ executionArn }));
    return this.ended(executionArn);
  }

  #invoke(arn: string, payload: unknown): Promise<unknown> {
    const [, workflow = '', state = ''] = /^(.+)-([^-]+)$/.exec(arn.split(':')[6]!) ?? [];
    const { steps, ports } = this.#machines.get(workflow)!;
    const step = steps.find((each) => each.state === state) as unknown as Step<never, never, never, unknown>;
    return this.#at(state, () => runStep(step, payload, ports, silent));
  }

  /** Does the work of a state, unless the fault is there. */
  async #at<T>(state: string, work: () => Promise<T>): Promise<T> {
    const call = (this.calls.get(state) ?? 0) + 1;
    this.calls.set(state, call);
    await this.#held.get(state);
    const strikes = (when: Fault['when']): boolean => {
      const fault = this.#fault;
      return fault?.state === state && fault.when === when && call >= (fault.fromCall ?? 1);
    };
    if (strikes('before')) throw new InjectedFault(`before ${state}`);
    const answer = await work();
    if (strikes('after')) throw new InjectedFault(`after ${state}`);
    return answer;
  }
}
