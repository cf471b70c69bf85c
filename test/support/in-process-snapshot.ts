import { step as checkDeletion } from '../../functions/snapshot/check-deletion.ts';
import { step as checkSnapshot } from '../../functions/snapshot/check-snapshot.ts';
import { step as cleanUpRepository } from '../../functions/snapshot/clean-up-repository.ts';
import { step as deleteSnapshot } from '../../functions/snapshot/delete-snapshot.ts';
import { step as listExpiredSnapshots } from '../../functions/snapshot/list-expired-snapshots.ts';
import { step as measureRepository } from '../../functions/snapshot/measure-repository.ts';
import { step as notifySnapshot } from '../../functions/snapshot/notify-snapshot.ts';
import { step as planSnapshot } from '../../functions/snapshot/plan-snapshot.ts';
import { step as registerRepository } from '../../functions/snapshot/register-repository.ts';
import type { RetentionSettings } from '../../functions/snapshot/retention/settings.ts';
import { repositorySettings, type SnapshotRepositorySettings } from '../../functions/snapshot/repository-settings.ts';
import { snapshotNameOf } from '../../functions/snapshot/snapshot-name.ts';
import { step as startSnapshot } from '../../functions/snapshot/start-snapshot.ts';
import { step as describeFailure } from '../../functions/failure/describe-failure.ts';
import { step as haltForRedrive } from '../../functions/failure/halt-for-redrive.ts';
import { BucketMissing } from '../../workflow/errors.ts';
import { snapshotDefinition } from './definitions.ts';
import { type EndedExecution, InProcessStates } from './in-process-states.ts';
import { memoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { memoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';

export const repository = 'permafrost-snapshots';
export const basePath = 'snapshots';
const prefix = 'snapshot';

/** What a test may change of the deployment. */
interface Deployment {
  readonly: boolean;
  repositorySettings: SnapshotRepositorySettings;
  retention: RetentionSettings;
  warnAbove: number;
  notify: 'always' | 'warnings';
}

/** The snapshot workflow in a world of its own, whose clock stands still unless it is told to move. */
export class SnapshotWorld {
  readonly store: MemoryObjectStore = memoryObjectStore({ bucket: 'snapshots' });
  /** False: the bucket has been deleted. */
  hasBucket = true;
  readonly #clock = { now: Date.parse('2026-03-01T00:00:00Z'), passesMs: 0 };
  readonly states: InProcessStates;
  readonly cluster: MemoryCluster;
  readonly deployment: Deployment = {
    readonly: false,
    repositorySettings: repositorySettings.parse({
      bucket: 'snapshots',
      base_path: basePath,
      region: 'us-east-1',
      role_arn: 'arn:aws:iam::000000000000:role/snapshot',
    }),
    retention: { unit: 'hours', count: 1, minimumCount: 1, incomplete: { unit: 'days', count: 1 } },
    warnAbove: 200,
    notify: 'always',
  };

  constructor() {
    const now = (): Date => new Date(this.#clock.now);
    this.states = new InProcessStates(now);
    this.cluster = memoryCluster({
      now,
      staging: (bucket) => {
        if (bucket !== 'snapshots' || !this.hasBucket) throw new BucketMissing(`no bucket ${bucket}`);
        return this.store;
      },
    });
    this.states.add({
      name: 'snapshot',
      definition: snapshotDefinition(),
      steps: [
        ...[planSnapshot, registerRepository, startSnapshot, checkSnapshot, listExpiredSnapshots, deleteSnapshot],
        ...[checkDeletion, cleanUpRepository, measureRepository, notifySnapshot, describeFailure, haltForRedrive],
      ],
      ports: this.#ports(),
    });
  }

  /** The deployment is read anew at each call. */
  #ports(): object {
    const { deployment, states, cluster, store } = this;
    const standing = {
      ...{ cluster, repository, basePath, prefix, snapshots: store },
      ...{ expressions: ['logs-*'], excluded: ['logs-debug-*'], timeoutHours: 6 },
      executions: states.executions,
      notifier: { publish: states.publish },
      tasks: { stopped: () => Promise.resolve(undefined) },
      runbookUrl: 'https://example.org/runbook',
      taskLogGroup: '',
      region: 'us-east-1',
      now: () => new Date((this.#clock.now += this.#clock.passesMs)),
    };
    return new Proxy(standing, {
      get: (target, name) => Reflect.get(name in deployment ? deployment : target, name) as unknown,
    });
  }

  /** So much time passes each time that a function looks at the clock. */
  passing(milliseconds: number): void {
    this.#clock.passesMs = milliseconds;
  }

  later(minutes: number): void {
    this.#clock.now += minutes * 60_000;
  }

  /** The name of the snapshot that an execution takes that starts now. */
  nextName(): string {
    return snapshotNameOf(prefix, new Date(this.#clock.now));
  }

  run(input: unknown = {}): Promise<EndedExecution> {
    return this.states.run('snapshot', input, `run-${this.#clock.now}-${Math.random()}`);
  }

  start(input: unknown = {}): Promise<string> {
    return this.states.start('snapshot', input, `run-${this.#clock.now}-${Math.random()}`);
  }

  /** Takes a snapshot outside of the workflow, by its name. */
  async take(name: string, into = repository): Promise<string> {
    await this.cluster.startSnapshot(into, name, ['logs-1'], { partial: true });
    while ((await this.cluster.snapshot(into, name))?.state === 'IN_PROGRESS');
    return name;
  }

  /** So many snapshots as the schedule takes them, half an hour apart; the clock ends behind the last. */
  async takeMany(count: number): Promise<string[]> {
    const names: string[] = [];
    for (let taken = 0; taken < count; taken++) {
      names.push(await this.take(this.nextName()));
      this.later(30);
    }
    return names;
  }

  async names(): Promise<string[]> {
    return (await this.cluster.snapshots(repository)).map(({ name }) => name);
  }

  calls(state: string): number {
    return this.states.calls.get(state) ?? 0;
  }

  subjects(): string[] {
    return this.states.notices.map(({ subject }) => subject);
  }
}

/** Some logs, the repository registered, and the workflow. `close` its states at the end. */
export async function inProcessSnapshot(): Promise<SnapshotWorld> {
  const world = new SnapshotWorld();
  const documents = Array.from({ length: 200 }, (_, n) => ({ id: `d${n}`, source: { message: `line ${n}`, n } }));
  world.cluster.putIndex('logs-1', { documents, shards: 2 });
  world.cluster.putIndex('logs-debug-1', { documents });
  world.cluster.putIndex('metrics-1', { documents });
  await world.states.open();
  return world;
}
