import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startProcess, type Exit, type RunningProcess } from '../servers/process.ts';
import { RuntimeServiceError } from './errors.ts';
import type { ImageProcess } from './image.ts';

export interface ContainerSettings {
  name: string;
  image: ImageProcess;
  /** Without overrides and secrets. */
  environment: Record<string, string>;
  /** Variables whose values are fetched when a task starts. */
  secrets: () => Promise<Record<string, string>>;
  stopTimeoutSeconds: number;
}

export interface TaskDefinition {
  family: string;
  arn: string;
  container: ContainerSettings;
  cpu: string | undefined;
  memory: string | undefined;
  /** Roles that whoever runs the task hands over to it. */
  roleArns: string[];
}

interface LiveTask {
  task: Task;
  running?: RunningProcess;
  stopped: Promise<Task>;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SIGNALS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** ECS, as far as its tasks of one container go: each runs its image's entry point as a process, logged to a file of its own. */
export class Tasks {
  readonly #logs: string;
  readonly #definitions = new Map<string, TaskDefinition>();
  readonly #clusters = new Map<string, string>();
  readonly #tasks = new Map<string, LiveTask>();

  constructor(logs: string) {
    this.#logs = logs;
  }

  defineCluster(name: string, arn: string): void {
    this.#clusters.set(name, arn).set(arn, arn);
  }

  /** A family, family:revision or ARN names it from now on. */
  define(definition: TaskDefinition): void {
    const { family, arn } = definition;
    for (const name of [family, arn, arn.split('/').pop() ?? arn]) this.#definitions.set(name, definition);
  }

  /** The definition that a family, family:revision or ARN names. */
  definition(name: string): TaskDefinition | undefined {
    return this.#definitions.get(name);
  }

  /** Starts a task; `stopped` resolves with it once its process has ended. @throws RuntimeServiceError if it cannot start. */
  run(request: RunTaskCommandInput): { task: Task; stopped: Promise<Task> } {
    const definition = this.definition(request.taskDefinition ?? '');
    if (!definition)
      throw new RuntimeServiceError('ECS.ClientException', `TaskDefinition not found: ${request.taskDefinition ?? ''}`);
    const clusterArn = this.#clusterArn(request.cluster);
    const id = randomBytes(16).toString('hex');
    const { container } = definition;
    const taskArn = clusterArn.replace(':cluster/', ':task/') + `/${id}`;
    const logFile = join(this.#logs, definition.family, container.name, `${id}.log`);
    const task: Task = {
      taskArn,
      clusterArn,
      taskDefinitionArn: definition.arn,
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
      launchType: 'FARGATE',
      createdAt: new Date(),
      cpu: definition.cpu,
      memory: definition.memory,
      group: `family:${definition.family}`,
      startedBy: request.startedBy,
      overrides: request.overrides ?? {},
      attachments: [],
      tags: [{ key: 'logFile', value: logFile }],
      containers: [
        {
          containerArn: taskArn.replace(':task/', ':container/'),
          taskArn,
          name: container.name,
          lastStatus: 'PENDING',
        },
      ],
    };
    const live: LiveTask = { task, stopped: Promise.resolve(task) };
    live.stopped = this.#execute(live, container, logFile);
    this.#tasks.set(taskArn, live);
    return { task, stopped: live.stopped };
  }

  async #execute(live: LiveTask, container: ContainerSettings, logFile: string): Promise<Task> {
    const { task } = live;
    const overrides = task.overrides?.containerOverrides?.find(({ name }) => name === container.name);
    let exit: Exit;
    try {
      const { image } = container;
      const environment: Record<string, string> = {
        PATH,
        ...image.environment,
        ...container.environment,
        ...(await container.secrets()),
      };
      for (const { name, value } of overrides?.environment ?? [])
        if (name !== undefined) environment[name] = value ?? '';
      if (task.desiredStatus === 'STOPPED') return ended(task, 'UserInitiated', undefined);
      live.running = await startProcess({
        name: container.name,
        command: image.command,
        args: overrides?.command ?? image.args,
        cwd: image.cwd,
        env: environment,
        logFile,
        stopGraceMs: container.stopTimeoutSeconds * 1000,
      });
      Object.assign(task, { lastStatus: 'RUNNING', startedAt: new Date() });
      for (const started of task.containers ?? []) started.lastStatus = 'RUNNING';
      if (this.#stopWanted(task)) void live.running.stop();
      exit = await live.running.exited;
    } catch (error) {
      task.stoppedReason = `TaskFailedToStart: ${error instanceof Error ? error.message : String(error)}`;
      return ended(task, 'TaskFailedToStart', undefined);
    }
    const code = exit.code ?? 128 + (SIGNALS[exit.signal ?? ''] ?? 0);
    return ended(task, this.#stopWanted(task) ? 'UserInitiated' : 'EssentialContainerExited', code);
  }

  #stopWanted(task: Task): boolean {
    return task.desiredStatus === 'STOPPED';
  }

  /** SIGTERM, and SIGKILL after the definition's stop timeout. Resolves at once with the task. */
  stop(taskArn: string, reason?: string): Task {
    const live = this.#find(taskArn);
    if (!live) throw new RuntimeServiceError('InvalidParameterException', 'The referenced task was not found.');
    if (live.task.lastStatus !== 'STOPPED' && live.task.desiredStatus !== 'STOPPED') {
      Object.assign(live.task, {
        desiredStatus: 'STOPPED',
        stoppingAt: new Date(),
        stoppedReason: reason ?? 'Task stopped by user',
      });
      void live.running?.stop();
    }
    return live.task;
  }

  describe(taskArns: string[]): { tasks: Task[]; failures: { arn: string; reason: string }[] } {
    const found = taskArns.map((arn) => [arn, this.#find(arn)] as const);
    return {
      tasks: found.flatMap(([, live]) => live?.task ?? []),
      failures: found.filter(([, live]) => !live).map(([arn]) => ({ arn, reason: 'MISSING' })),
    };
  }

  /** ARNs, oldest first; stopped tasks are kept as long as this process runs. */
  list(filter: { family?: string; desiredStatus?: string } = {}): string[] {
    const { family, desiredStatus = 'RUNNING' } = filter;
    return [...this.#tasks.values()]
      .filter(({ task }) => task.desiredStatus === desiredStatus)
      .filter(({ task }) => family === undefined || task.group === `family:${family}`)
      .map(({ task }) => task.taskArn ?? '');
  }

  async close(): Promise<void> {
    for (const { task } of this.#tasks.values()) this.stop(task.taskArn ?? '', 'The local stack is stopping');
    await Promise.all([...this.#tasks.values()].map(({ stopped }) => stopped));
  }

  #clusterArn(nameOrArn = 'default'): string {
    const arn = this.#clusters.get(nameOrArn);
    if (!arn) throw new RuntimeServiceError('ECS.ClusterNotFoundException', 'Cluster not found.');
    return arn;
  }

  #find(arnOrId: string): LiveTask | undefined {
    return (
      this.#tasks.get(arnOrId) ?? [...this.#tasks.values()].find(({ task }) => task.taskArn?.endsWith(`/${arnOrId}`))
    );
  }
}

function ended(task: Task, stopCode: Task['stopCode'], exitCode: number | undefined): Task {
  const now = new Date();
  Object.assign(task, {
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode,
    executionStoppedAt: now,
    stoppedAt: now,
  });
  task.stoppedReason ??= 'Essential container in task exited';
  for (const container of task.containers ?? []) {
    container.lastStatus = 'STOPPED';
    if (exitCode !== undefined) container.exitCode = exitCode;
    else container.reason = task.stoppedReason;
  }
  return task;
}
