import { processorOf, type StatesBlock } from './definition.ts';
import type { runStates, Step } from './engine.ts';
import { ExecutionHalted, StateError } from './errors.ts';
import { evaluatePath, evaluateTemplate } from './evaluate.ts';
import type { Branch, Frame } from './execution.ts';
import type { Json } from './json.ts';
import type { Scope } from './scope.ts';

/** Step Functions may run this many iterations of an inline Map at once. */
const INLINE_CONCURRENCY = 40;

interface Part {
  block: StatesBlock;
  input: Json;
  item?: Scope['item'];
}

/**
 * The branches of a Parallel or the iterations of an inline Map, and their outputs in order. The first failure halts the others and
 * fails the state with the branch's own error. After a redrive only those that failed or were halted run, from where they stood.
 */
export async function runBranches(step: Step, input: Json, run: typeof runStates): Promise<Json> {
  const { scope, state, frame, resumed } = step;
  const { log } = scope.attempt;
  const isMap = state.Type === 'Map';
  const parts = isMap ? await iterations(step, input) : (state.Branches ?? []).map((block): Part => ({ block, input }));
  const kept = resumed ? frame.branches : undefined;
  const branches = kept ?? parts.map((): Branch => ({}));
  const concurrency = isMap ? await inlineConcurrency(step, input) : parts.length;
  frame.branches = branches;
  if (!kept) log.add(scope.thread, `${state.Type}StateStarted`, isMap ? { length: parts.length } : undefined);

  const siblings = new AbortController();
  const signal = AbortSignal.any([scope.signal, siblings.signal]);
  const thread = scope.thread.last;
  await pool(branches, concurrency, async (branch, index) => {
    const part = parts[index];
    if (branch.done || !part || signal.aborted) return;
    const own: Scope = { ...scope, thread: { last: thread }, signal, ...(part.item && { item: part.item }) };
    const iteration = (event: string): void => {
      if (isMap) log.add(own.thread, `MapIteration${event}`, { name: step.name, index });
    };
    const begun = branch.frame !== undefined;
    const at: Frame = (branch.frame ??= { state: part.block.StartAt, input: part.input });
    if (!begun) iteration('Started');
    try {
      branch.done = { output: await run(own, part.block, at, begun) };
      delete branch.frame;
      iteration('Succeeded');
    } catch (error) {
      if (!(error instanceof ExecutionHalted)) iteration('Failed');
      siblings.abort();
      throw error;
    }
  }).catch((error: unknown) => {
    if (!scope.signal.aborted) log.add(scope.thread, `${state.Type}StateFailed`);
    throw error;
  });
  log.add(scope.thread, `${state.Type}StateSucceeded`);
  return branches.map((branch) => branch.done?.output ?? null);
}

/** Runs `work` over all items, so many at once; rejects with the first rejection once all that was begun has settled. */
export async function pool<T>(
  items: T[],
  size: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  let failure: { error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        await work(item, index);
      } catch (error) {
        // What halted because of a failure is not its cause.
        if (!failure || failure.error instanceof ExecutionHalted) failure = { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(size, items.length)) }, worker));
  if (failure) throw failure.error as Error;
}

async function iterations(step: Step, input: Json): Promise<Part[]> {
  const items = await itemsOf(step, input);
  const inputs = await selectItems(step, items, input);
  const block = processorOf(step.state);
  return items.map((Value, Index) => ({ block, input: inputs[Index] ?? null, item: { Index, Value } }));
}

/** The items of a Map: its effective input, or what ItemsPath names in it. */
export async function itemsOf({ name, state, context }: Step, input: Json): Promise<Json[]> {
  const items = state.ItemsPath === undefined ? input : await evaluatePath(name, state.ItemsPath, input, context);
  if (Array.isArray(items)) return items;
  throw new StateError('States.Runtime', `Reference path "${state.ItemsPath ?? '$'}" must point to array.`);
}

/** What each item's processing is given: the item, or ItemSelector (once Parameters) over the Map's effective input. */
export async function selectItems({ name, state, context }: Step, items: Json[], input: Json): Promise<Json[]> {
  const selector = state.ItemSelector ?? state.Parameters;
  if (selector === undefined) return items;
  const selected: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    selected.push(await evaluateTemplate(name, selector, input, { ...context, Map: { Item: { Index, Value } } }));
  }
  return selected;
}

/** A number given in the definition, or by a path into the Map's input; undefined when neither is there. */
export async function numberOf(step: Step, input: Json, field: string): Promise<number | undefined> {
  const fields = step.state as unknown as Record<string, Json | undefined>;
  const path = fields[`${field}Path`];
  const value = typeof path === 'string' ? await evaluatePath(step.name, path, input, step.context) : fields[field];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0) return value;
  throw new StateError('States.Runtime', `${field} must be a number from 0, not ${JSON.stringify(value)}.`);
}

async function inlineConcurrency(step: Step, input: Json): Promise<number> {
  const asked = await numberOf(step, input, 'MaxConcurrency');
  return Math.min(asked === undefined || asked === 0 ? INLINE_CONCURRENCY : asked, INLINE_CONCURRENCY);
}
