import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { containerRetries, functionRetries, publishRetries } from '../../../workflow/retry.ts';
import { archiveContracts } from '../../../workflow/contracts.ts';
import * as errors from '../../../workflow/errors.ts';
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

let stacks: Synthesized;
let definition: { StartAt: string; States: Record<string, State> };
beforeAll(async () => {
  stacks = await synthesizeExample(['network']);
  const [, properties] = resourcesOf(stacks.archive, 'AWS::StepFunctions::StateMachine')[0]!;
  const text = resolveIntrinsics(stacks, stacks.archive, properties['DefinitionString']);
  definition = JSON.parse(text as string) as typeof definition;
}, 120_000);

/** Those that carry the failure on, and so cannot send it elsewhere. */
const failureBranch = ['DescribeFailure', 'NotifyFailure', 'HaltForRedrive'];

const everyTask = (): [string, State][] => {
  const within = (states: Record<string, State>): [string, State][] =>
    Object.entries(states).flatMap(([name, state]) => [
      [name, state] as [string, State],
      ...(state.ItemProcessor ? within(state.ItemProcessor.States) : []),
    ]);
  return within(definition.States).filter(([, { Type }]) => Type === 'Task');
};
const guarded = (): [string, State][] =>
  Object.entries(definition.States).filter(
    ([name, { Type }]) => (Type === 'Task' || Type === 'Map') && !failureBranch.includes(name),
  );

describe('the state machine of the template', () => {
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
    ).toEqual([...Object.keys(archiveContracts), 'ConsolidateAndEncrypt'].sort());
  });

  it('gives every Task retries with a cap and full jitter, and a timeout', () => {
    expect(everyTask().length).toBeGreaterThanOrEqual(18);
    for (const [name, { Retry = [], TimeoutSeconds }] of everyTask()) {
      expect(Retry.length, name).toBeGreaterThan(0);
      expect(TimeoutSeconds, name).toBeGreaterThan(0);
      for (const retry of Retry) {
        expect(retry, name).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) as number });
        expect(retry.MaxAttempts, name).toBeLessThanOrEqual(10);
      }
    }
  });

  it('leads every failure to a Pass of the same name, which keeps the input, and on to the failure branch', () => {
    for (const [name, { Catch = [] }] of guarded()) {
      expect(Catch, name).toEqual([{ ErrorEquals: ['States.ALL'], Next: `${name}Failed`, ResultPath: '$.failure' }]);
      expect(definition.States[`${name}Failed`], name).toMatchObject({
        Type: 'Pass',
        Parameters: { state: name, 'input.$': '$', 'error.$': '$.failure' },
        Next: 'DescribeFailure',
      });
    }
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
    expect(names.filter((name) => !ofAws.test(name) && !own.has(name))).toEqual([]);
    expect(names.filter((name) => own.has(name)).length).toBeGreaterThan(0);
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
    for (const [name, { Resource, Parameters }] of everyTask()) {
      if (name === 'NotifyFailure') continue;
      if (name === 'ConsolidateVolume') {
        expect(Parameters?.['TaskDefinition'], name).toMatch(/:task-definition\/permafrost-consolidate:\d+$/);
      } else {
        expect(Resource, name).toMatch(/:function:permafrost-[a-z-]+:\d+$/);
      }
    }
    const kept = Object.values(stacks.archive.Resources).filter(({ Type }) =>
      ['AWS::Lambda::Version', 'AWS::ECS::TaskDefinition'].includes(Type),
    );
    expect(kept).toHaveLength(18);
    for (const resource of kept) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('has its fixed name, ends after three days, and logs every step', () => {
    const [, properties] = resourcesOf(stacks.archive, 'AWS::StepFunctions::StateMachine')[0]!;
    expect(properties).toMatchObject({
      StateMachineName: 'permafrost-archive',
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
    });
    expect(definition).toMatchObject({ StartAt: 'SelectIndices', TimeoutSeconds: 3 * 86_400 });
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
