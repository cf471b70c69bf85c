import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { containerRetries, functionRetries, publishRetries } from '../../../workflow/retry.ts';
import { archiveContracts } from '../../../workflow/contracts.ts';
import { drillContracts } from '../../../workflow/drill-contracts.ts';
import * as errors from '../../../workflow/errors.ts';
import { expireContracts } from '../../../workflow/expire-contracts.ts';
import { restoreContracts } from '../../../workflow/restore-contracts.ts';
import { snapshotContracts } from '../../../workflow/snapshot-contracts.ts';
import { resolveIntrinsics } from '../../support/intrinsics.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Retry?: { ErrorEquals: string[]; MaxAttempts?: number; MaxDelaySeconds?: number; JitterStrategy?: string }[];
  readonly Catch?: { ErrorEquals: string[]; Next: string; ResultPath?: string }[];
  readonly TimeoutSeconds?: number;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Parameters?: Record<string, unknown>;
  readonly ItemProcessor?: { readonly States: Record<string, State> };
}
type Definition = { readonly StartAt: string; readonly States: Record<string, State> };

let stacks: Synthesized;
beforeAll(async () => {
  stacks = await synthesizeExample({ without: ['network'] });
}, 120_000);

/** What is particular to each workflow; all the rest they have in common. */
const workflows = {
  archive: {
    stack: 'archive',
    contracts: archiveContracts,
    map: 'ConsolidateAndEncrypt',
    inMap: [],
    container: ['ConsolidateVolume', 'permafrost-consolidate'],
    undo: undefined,
    undone: [],
    start: 'SelectIndices',
    days: 3,
  },
  restore: {
    stack: 'restore',
    contracts: restoreContracts,
    map: 'DecryptAndUnpack',
    inMap: [],
    container: ['UnpackVolume', 'permafrost-unpack'],
    undo: 'UndoRestore',
    // From the first state that leaves something in the cluster to the last before the copies are known to be good.
    undone: ['RegisterReadonlyRepository', 'PrepareIndices', 'StartRestore', 'CheckRestore', 'VerifyRestore'],
    start: 'LocateArchive',
    days: 6,
  },
  drill: {
    stack: 'restore',
    contracts: drillContracts,
    map: undefined,
    inMap: [],
    container: undefined,
    undo: 'RecordFailedDrill',
    undone: ['StartDrill', 'CheckDrill', 'CheckDrilled'],
    start: 'PickArchive',
    days: 7,
  },
  'expire-restores': {
    stack: 'restore',
    contracts: expireContracts,
    map: undefined,
    inMap: [],
    container: undefined,
    undo: undefined,
    undone: [],
    start: 'ListLeases',
    days: 0.25,
  },
  snapshot: {
    stack: 'snapshots',
    contracts: snapshotContracts,
    map: 'DeleteExpiredSnapshots',
    inMap: ['DeleteSnapshot', 'CheckDeletion'],
    container: undefined,
    undo: undefined,
    undone: [],
    start: 'PlanSnapshot',
    days: 1.5,
  },
} as const;

const stateMachine = (name: string, stack: 'archive' | 'restore' | 'snapshots'): Record<string, unknown> =>
  resourcesOf(stacks[stack], 'AWS::StepFunctions::StateMachine')
    .map(([, properties]) => properties)
    .find(({ StateMachineName }) => StateMachineName === `permafrost-${name}`)!;

/** Those that carry the failure on, and so cannot send it elsewhere. */
const failureBranch = ['DescribeFailure', 'NotifyFailure', 'HaltForRedrive'];

describe.each(Object.entries(workflows))('the state machine %s of the template', (name, workflow) => {
  const { stack, contracts, map, container, undo, undone } = workflow;
  /** Within a Map, whose own Catch sees their failures. */
  const inMap: readonly string[] = workflow.inMap;
  let definition: Definition;
  beforeAll(() => {
    const text = resolveIntrinsics(stacks.all, stacks[stack], stateMachine(name, stack)['DefinitionString']);
    definition = JSON.parse(text as string) as Definition;
  });

  const everyTask = (): [string, State][] => {
    const within = (states: Record<string, State>): [string, State][] =>
      Object.entries(states).flatMap(([state, described]) => [
        [state, described] as [string, State],
        ...(described.ItemProcessor ? within(described.ItemProcessor.States) : []),
      ]);
    return within(definition.States).filter(([, { Type }]) => Type === 'Task');
  };
  const guarded = (): [string, State][] =>
    Object.entries(definition.States).filter(
      ([state, { Type }]) => (Type === 'Task' || Type === 'Map') && !failureBranch.includes(state) && state !== undo,
    );

  it('is accepted by the ASL validator', () => {
    // It comes without types.
    const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => {
      isValid: boolean;
      errorsText: () => string;
    };
    const { isValid, errorsText } = validate(definition);
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
  });

  it('has a state for every contract', () => {
    expect(
      guarded()
        .map(([name]) => name)
        .sort(),
    ).toEqual(
      [
        ...Object.keys(contracts).filter((state) => state !== undo && !inMap.includes(state)),
        ...(map ? [map] : []),
      ].sort(),
    );
    const processor = map && definition.States[map]?.ItemProcessor;
    expect(Object.keys(processor ? processor.States : {})).toEqual(expect.arrayContaining([...inMap]));
    expect(Object.keys(definition.States)).toEqual(expect.arrayContaining(undo ? [undo] : []));
  });

  it('gives every Task retries with a cap and full jitter, and a timeout', () => {
    expect(everyTask().length).toBe(Object.keys(contracts).length + failureBranch.length + (container ? 1 : 0));
    for (const [state, { Retry = [], TimeoutSeconds }] of everyTask()) {
      expect(Retry.length, state).toBeGreaterThan(0);
      expect(TimeoutSeconds, state).toBeGreaterThan(0);
      for (const retry of Retry) {
        expect(retry, state).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) as number });
        expect(retry.MaxAttempts, state).toBeLessThanOrEqual(10);
      }
    }
  });

  it('leads every failure to a Pass of the same name, which keeps the input, and on to the failure branch', () => {
    for (const [state, { Catch = [] }] of guarded()) {
      expect(Catch, state).toEqual([{ ErrorEquals: ['States.ALL'], Next: `${state}Failed`, ResultPath: '$.failure' }]);
      expect(definition.States[`${state}Failed`], state).toMatchObject({
        Type: 'Pass',
        Parameters: { state, 'input.$': '$', 'error.$': '$.failure' },
        Next: (undone as readonly string[]).includes(state) ? undo : 'DescribeFailure',
      });
    }
  });

  it('takes back what is half done on the way of a failure, whose notice follows whatever becomes of that', () => {
    if (undo === undefined) return;
    expect(definition.States[undo]).toMatchObject({
      Next: 'DescribeFailure',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'DescribeFailure', ResultPath: '$.undoFailure' }],
    });
  });

  it('halts after the notice, and nothing catches what halts it', () => {
    const { DescribeFailure, NotifyFailure, HaltForRedrive } = definition.States;
    expect(DescribeFailure).toMatchObject({ Next: 'NotifyFailure', Catch: [{ Next: 'HaltForRedrive' }] });
    expect(NotifyFailure).toMatchObject({ Next: 'HaltForRedrive', Catch: [{ Next: 'HaltForRedrive' }] });
    expect(HaltForRedrive).toMatchObject({ Next: 'ResumeAtFailedState' });
    expect(HaltForRedrive).not.toHaveProperty('Catch');
  });

  it('waits for errors that exist: our own classes, or names of AWS', () => {
    const own = new Set((Object.values(errors) as errors.NamedError[]).map((error) => new error('').name));
    const ofAws =
      /^(States\.(ALL|Timeout|TaskFailed)|Sandbox\.Timedout|Lambda\.[A-Za-z]+|ECS\.[A-Za-z]+Exception|SNS\.[A-Za-z]+Exception)$/;
    const names = everyTask()
      .concat(guarded())
      .flatMap(([, { Retry = [], Catch = [] }]) => [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals));
    expect(names.filter((error) => !ofAws.test(error) && !own.has(error))).toEqual([]);
    expect(names.filter((error) => own.has(error)).length).toBeGreaterThan(0);
  });

  it('never retries whatever comes', () => {
    const retried = [...functionRetries, ...containerRetries, ...publishRetries].flatMap(
      ({ errors: names = [] }) => names,
    );
    expect(retried).not.toContain('States.ALL');
    expect(everyTask().flatMap(([, { Retry = [] }]) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals))).not.toContain(
      'States.ALL',
    );
  });

  it('invokes published versions and runs a revision, so that a redrive finds what it began with', () => {
    for (const [state, { Resource, Parameters }] of everyTask()) {
      if (state === 'NotifyFailure') continue;
      if (state === container?.[0]) {
        expect(Parameters?.['TaskDefinition'], state).toMatch(new RegExp(`:task-definition/${container[1]}:\\d+$`));
      } else {
        expect(Resource, state).toMatch(/:function:permafrost-[a-z-]+:\d+$/);
      }
    }
    const kept = Object.values(stacks[stack].Resources).filter(({ Type }) =>
      ['AWS::Lambda::Version', 'AWS::ECS::TaskDefinition'].includes(Type),
    );
    // Those of the workflow, of its failures, and of what no Catch sees; and the container.
    expect(kept.length).toBeGreaterThanOrEqual(Object.keys(contracts).length + 3 + (container ? 1 : 0));
    for (const resource of kept) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('has its fixed name, ends in the end, and logs every step', () => {
    expect(stateMachine(name, stack)).toMatchObject({
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
    });
    expect(definition).toMatchObject({ StartAt: workflow.start, TimeoutSeconds: workflow.days * 86_400 });
  });
});

describe('around the state machine', () => {
  it('a schedule starts it with the time that it was scheduled for', () => {
    const [, schedule] = resourcesOf(stacks.archive, 'AWS::Scheduler::Schedule')[0]!;
    expect(schedule).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Dublin',
      State: 'ENABLED',
      Target: { Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
    });
  });

  it('what no Catch sees goes to a function that notifies', () => {
    const [, rule] = resourcesOf(stacks.archive, 'AWS::Events::Rule')[0]!;
    expect(resolveIntrinsics(stacks, stacks.archive, rule)).toMatchObject({
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: ['arn:aws:states:eu-west-1:111122223333:stateMachine:permafrost-archive'],
        },
      },
      Targets: [{ Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:permafrost-notify-uncaught:1' }],
    });
  });

  it('alarms tell of a failed execution, and of 26 hours without one that succeeded', () => {
    const alarms = resourcesOf(stacks.archive, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    expect(alarms).toHaveLength(2);
    expect(alarms.find(({ AlarmName }) => AlarmName === 'permafrost-archive-no-archive')).toMatchObject({
      MetricName: 'ExecutionsSucceeded',
      Namespace: 'AWS/States',
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 26,
      DatapointsToAlarm: 26,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    for (const { AlarmActions } of alarms) {
      expect(resolveIntrinsics(stacks, stacks.archive, AlarmActions)).toEqual([
        'arn:aws:sns:eu-west-1:111122223333:permafrost-notifications',
      ]);
    }
  });

  it('the container has a read-only file system, time to stop, and the user that its image names', () => {
    const [, { ContainerDefinitions }] = resourcesOf(stacks.archive, 'AWS::ECS::TaskDefinition')[0]!;
    expect(ContainerDefinitions).toMatchObject([
      { Name: 'consolidate', ReadonlyRootFilesystem: true, StopTimeout: 120, Essential: true },
    ]);
    expect(ContainerDefinitions).not.toMatchObject([{ User: expect.anything() as unknown }]);
  });

  it('outputs have fixed names', () => {
    expect(Object.keys(stacks.archive.Outputs ?? {})).toEqual(
      expect.arrayContaining(['ArchiveStateMachine', 'NotificationsTopic', 'SnapshotRoleArn']),
    );
  });
});
