import { isDistributed, processorOf, type Definition, type State, type StatesBlock } from './definition.ts';
import { copyJson, isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * The engine overwrites `$$.Execution.Input` and `StartTime` with those of what it runs, and it is given one state at a time; and it
 * finds nothing at the path `$` when the input is 0, false, null or "". So the true context object and the input each stand under a
 * key of their own, and every path of the loaded copy is led there.
 */
export const CONTEXT_KEY = 'Context';
export const INPUT_KEY = 'Input';

/** The copy of a definition that the engine runs: same meaning, written so that the engine gets it right. */
export function loadDefinition(definition: Definition): Definition {
  const copy = copyJson(definition) as unknown as Definition;
  prepareBlock(copy);
  return copy;
}

function prepareBlock(block: StatesBlock): void {
  for (const [name, state] of Object.entries(block.States)) {
    for (const branch of state.Branches ?? []) prepareBlock(branch);
    // The children of a Distributed Map are executions of their own and prepare their own copy.
    if (state.Type === 'Map' && !isDistributed(state)) prepareBlock(processorOf(state));
    block.States[name] = prepareState(state);
  }
}

function prepareState(state: State): State {
  // A Pass's Result is no template.
  const { Branches, ItemProcessor, Iterator, Result, ...own } = state;
  const prepared = redirectContext(own as unknown as Json) as unknown as State;
  if (typeof prepared.ResultPath === 'string') setResultPath(prepared, prepared.ResultPath);
  for (const catcher of prepared.Catch ?? [])
    if (typeof catcher.ResultPath === 'string') setResultPath(catcher, catcher.ResultPath);
  if (prepared.Choices) prepared.Choices = prepared.Choices.map((rule) => strictRule(rule as JsonObject));
  if (Result !== undefined) prepared.Result = Result;
  return {
    ...prepared,
    ...(Branches && { Branches }),
    ...(ItemProcessor && { ItemProcessor }),
    ...(Iterator && { Iterator }),
  };
}

/** The engine would write a key named `$` for the path `$`, and for `$['a']`. */
function setResultPath(holder: { ResultPath?: string | null }, path: string): void {
  if (path === '$') delete holder.ResultPath;
  else holder.ResultPath = path.startsWith('$[') ? path.slice(1) : path;
}

const FAMILY = /^(String|Numeric|Boolean|Timestamp)/;
/** `IsPresent: false` is always false in the engine, and `"5"` is greater than 3 there: say both in full. */
function strictRule(rule: JsonObject): JsonObject {
  const next: JsonObject = rule.Next === undefined ? {} : { Next: rule.Next };
  if (Array.isArray(rule.And)) return { And: rule.And.map((part) => strictRule(part as JsonObject)), ...next };
  if (Array.isArray(rule.Or)) return { Or: rule.Or.map((part) => strictRule(part as JsonObject)), ...next };
  if (isJsonObject(rule.Not)) return { Not: strictRule(rule.Not), ...next };
  const [operator = '', operand = null] =
    Object.entries(rule).find(([key]) => !['Variable', 'Next', 'Comment'].includes(key)) ?? [];
  const variable = rule.Variable ?? null;
  if (operator.startsWith('Is')) {
    const test: JsonObject = { Variable: variable, [operator]: true };
    return operand === true ? { ...test, ...next } : { Not: test, ...next };
  }
  const family = FAMILY.exec(operator)?.[1] ?? '';
  return {
    And: [
      { Variable: variable, [`Is${family}`]: true },
      { Variable: variable, [operator]: operand },
    ],
    ...next,
  };
}

/** Redirects everything the engine evaluates: `x.$` in templates, and fields that hold a path. */
function redirectContext(value: Json, key = ''): Json {
  if (Array.isArray(value)) return value.map((element) => redirectContext(element, key));
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redirectContext(inner, name)]));
  }
  // A ResultPath names a place, not a value.
  const evaluated = key.endsWith('.$') || (key.endsWith('Path') && key !== 'ResultPath') || key === 'Variable';
  return typeof value === 'string' && evaluated ? redirectPath(value) : value;
}

/** Leads one path or intrinsic function to CONTEXT_KEY and INPUT_KEY. */
export function redirectPath(path: string): string {
  if (path.startsWith('$')) return path.replace(/^\$\$?/, root);
  // In an intrinsic function: outside of its quoted strings, where \' does not end one, and only where an argument begins.
  return path.replace(/'(?:\\.|[^'\\])*'|(?<=[(,]\s*)\$\$?/g, (part) => (part.startsWith("'") ? part : root(part)));
}

const root = (path: string): string => (path === '$$' ? `$$.${CONTEXT_KEY}` : `$.${INPUT_KEY}`);

/** Undoes the redirection in a message meant for people. */
export const plainPaths = (message: string): string =>
  message.replaceAll(`$$.${CONTEXT_KEY}`, () => '$$').replaceAll(`$.${INPUT_KEY}`, () => '$');
