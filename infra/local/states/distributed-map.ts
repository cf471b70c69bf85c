import { randomUUID } from 'node:crypto';
import { itemsOf, numberOf, pool, selectItems } from './branches.ts';
import { processorOf, type Definition } from './definition.ts';
import type { Step } from './engine.ts';
import { ExecutionHalted, StateError } from './errors.ts';
import { evaluateTemplate } from './evaluate.ts';
import type { ExecutionRecord, MapRunChild, MapRunRecord } from './execution.ts';
import type { Json, JsonObject } from './json.ts';
import type { NewChild } from './scope.ts';

/** AWS runs up to 10,000 children at once when MaxConcurrency is 0 or missing. */
const UNLIMITED_CONCURRENCY = 10_000;
const DEFAULT_BATCH_BYTES = 262_144;

/**
 * A Map Run: one child execution per item or batch, and the outputs of those that succeeded, in order. Fails with
 * States.ExceedToleratedFailureThreshold when more items failed than tolerated (AWS: "fails when it exceeds either value"); the
 * children still running are then aborted. After a redrive the same Map Run goes on: children that succeeded are kept, those that
 * failed, timed out or were aborted are redriven, the rest are started.
 */
export async function runDistributedMap(step: Step, input: Json): Promise<Json> {
  const { scope, frame } = step;
  const { record, log, save } = scope.attempt;
  const earlier = step.resumed ? record.mapRuns.find((run) => run.mapRunArn === frame.mapRunArn) : undefined;
  const run = earlier ?? (await newMapRun(step, input));
  if (earlier) {
    earlier.redriveCount += 1;
    earlier.redriveDate = scope.attempt.clock.now();
    earlier.status = 'RUNNING';
    delete earlier.stopDate;
    log.add(scope.thread, 'MapRunRedriven', { mapRunArn: run.mapRunArn, redriveCount: run.redriveCount });
  } else {
    record.mapRuns.push(run);
    frame.mapRunArn = run.mapRunArn;
    log.add(scope.thread, 'MapStateStarted', { length: run.children.reduce((sum, child) => sum + child.itemCount, 0) });
    log.add(scope.thread, 'MapRunStarted', { mapRunArn: run.mapRunArn });
  }
  save();
  try {
    await runChildren(step, run);
    log.add(scope.thread, 'MapRunSucceeded');
    log.add(scope.thread, 'MapStateSucceeded');
    return run.children.filter(({ status }) => status === 'SUCCEEDED').map((child) => outputOf(step, child));
  } catch (error) {
    if (run.status === 'ABORTED') log.add(scope.thread, 'MapRunAborted');
    else if (error instanceof StateError) {
      log.add(scope.thread, 'MapRunFailed', { error: error.name, cause: error.message });
      log.add(scope.thread, 'MapStateFailed');
    }
    throw error;
  }
}

async function runChildren({ scope, state, name, context }: Step, run: MapRunRecord): Promise<void> {
  const { children, clock, record, save } = scope.attempt;
  const enough = new AbortController();
  const signal = AbortSignal.any([scope.signal, enough.signal]);
  const total = run.children.reduce((sum, child) => sum + child.itemCount, 0);
  const definition: Definition = { StartAt: processorOf(state).StartAt, States: processorOf(state).States };
  let failed = 0;
  const start = (child: MapRunChild): Promise<ExecutionRecord> => {
    const parent: NewChild['parent'] = {
      mapRunArn: run.mapRunArn,
      executionArn: record.executionArn,
      itemCount: child.itemCount,
    };
    const stateMachineName = run.stateMachineArn.split(':').at(-1) ?? name;
    const created = {
      stateMachineArn: run.stateMachineArn,
      stateMachineName,
      roleArn: context.Execution.RoleArn,
      definition,
      input: child.input,
      parent,
    };
    return children.start(created, signal, (arn) => (child.executionArn = arn));
  };
  await pool(run.children, run.maxConcurrency || UNLIMITED_CONCURRENCY, async (child) => {
    if (child.status === 'SUCCEEDED' || signal.aborted) return;
    const known = child.executionArn;
    child.status = 'RUNNING';
    child.status = (await (known === undefined ? start(child) : children.redrive(known, signal))).status;
    if (child.status === 'FAILED' || child.status === 'TIMED_OUT') failed += child.itemCount;
    if (tooMany(state, run, failed, total)) enough.abort();
    save();
  });
  run.stopDate = clock.now();
  if (scope.signal.aborted) {
    run.status = 'ABORTED';
    throw new ExecutionHalted();
  }
  run.status = enough.signal.aborted ? 'FAILED' : 'SUCCEEDED';
  if (run.status === 'SUCCEEDED') return;
  throw new StateError(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  );
}

function tooMany(state: Step['state'], run: MapRunRecord, failed: number, total: number): boolean {
  const byCount = state.ToleratedFailureCount !== undefined || state.ToleratedFailureCountPath !== undefined;
  const byPercentage =
    state.ToleratedFailurePercentage !== undefined || state.ToleratedFailurePercentagePath !== undefined;
  if (byCount && failed > run.toleratedFailureCount) return true;
  if (byPercentage && failed * 100 > run.toleratedFailurePercentage * total) return true;
  return !byCount && !byPercentage && failed > 0;
}

function outputOf({ scope }: Step, child: MapRunChild): Json {
  return scope.attempt.children.find(child.executionArn ?? '')?.output ?? null;
}

async function newMapRun(step: Step, input: Json): Promise<MapRunRecord> {
  const { scope, state, name } = step;
  const { record, clock } = scope.attempt;
  const items = await selectItems(step, await itemsOf(step, input), input);
  const children =
    state.ItemBatcher === undefined ? items.map((item) => pending(item, 1)) : await batches(step, items, input);
  const label = state.Label ?? name.replace(/[^\w-]/g, '-').slice(0, 40);
  const stateMachineArn = `${record.stateMachineArn}/${label}`;
  return {
    mapRunArn: `${stateMachineArn.replace(':stateMachine:', ':mapRun:')}:${randomUUID()}`,
    executionArn: record.executionArn,
    stateMachineArn,
    status: 'RUNNING',
    startDate: clock.now(),
    maxConcurrency: (await numberOf(step, input, 'MaxConcurrency')) ?? 0,
    toleratedFailureCount: (await numberOf(step, input, 'ToleratedFailureCount')) ?? 0,
    toleratedFailurePercentage: (await numberOf(step, input, 'ToleratedFailurePercentage')) ?? 0,
    children,
    redriveCount: 0,
  };
}

const pending = (input: Json, itemCount: number): MapRunChild => ({ input, itemCount, status: 'PENDING' });

/** ItemBatcher: as many items as either limit allows, at least one, as `{ BatchInput, Items }`. */
async function batches(step: Step, items: Json[], input: Json): Promise<MapRunChild[]> {
  const batcher = step.state.ItemBatcher ?? {};
  const inBatcher = { ...step, state: batcher as unknown as Step['state'] };
  const most = (await numberOf(inBatcher, input, 'MaxItemsPerBatch')) ?? Infinity;
  const mostBytes = Math.min(
    (await numberOf(inBatcher, input, 'MaxInputBytesPerBatch')) ?? DEFAULT_BATCH_BYTES,
    DEFAULT_BATCH_BYTES,
  );
  const fixed: JsonObject =
    batcher.BatchInput === undefined
      ? {}
      : { BatchInput: await evaluateTemplate(step.name, batcher.BatchInput, input, step.context) };
  const size = (batch: Json[]): number => Buffer.byteLength(JSON.stringify({ ...fixed, Items: batch }));
  const all: Json[][] = [];
  for (const item of items) {
    const last = all.at(-1);
    if (last && last.length < most && size([...last, item]) <= mostBytes) last.push(item);
    else all.push([item]);
  }
  return all.map((Items) => pending({ ...fixed, Items }, Items.length));
}
