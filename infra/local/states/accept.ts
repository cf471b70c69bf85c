import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { acceptChoiceRule, acceptTemplates } from './accept-expressions.ts';
import { FIELDS, REASONS, type Fields } from './accept-fields.ts';
import { processorOf, type Definition, type Processor, type State, type StatesBlock } from './definition.ts';
import { UnsupportedDefinition } from './errors.ts';
import { copyJson, isJsonObject, without, type JsonObject } from './json.ts';
import { parseResource } from './resource.ts';

/** Definitions that passed before: the schema validator compiles its schemas each time, for a quarter of a second. */
const valid = new Set<string>();

/**
 * Checks a definition against the ASL schema (unless the caller has), and that the engine runs every part of it as AWS would. Throws
 * UnsupportedDefinition, which names the state and the field: nothing is ignored silently. Returns a copy.
 */
export function acceptDefinition(candidate: unknown, schemaChecked = false): Definition {
  const definition = copyJson(candidate);
  if (!isJsonObject(definition)) throw new UnsupportedDefinition('The definition is not an object.');
  only(definition, FIELDS.machine, 'The state machine');
  acceptBlock(definition as unknown as StatesBlock);
  if (!schemaChecked) checkSchema(definition);
  return definition as unknown as Definition;
}

function checkSchema(definition: JsonObject): void {
  const text = JSON.stringify(definition);
  if (valid.has(text)) return;
  try {
    // The validator writes into what it checks.
    new StateMachine(copyJson(definition) as unknown as StateMachineDefinition);
  } catch (error) {
    throw new UnsupportedDefinition(error instanceof Error ? error.message : String(error));
  }
  valid.add(text);
}

function acceptBlock(block: StatesBlock): void {
  for (const [name, state] of Object.entries(isJsonObject(block.States) ? block.States : {})) {
    acceptState(name, state as unknown as JsonObject);
  }
}

function acceptState(name: string, fields: JsonObject): void {
  const where = `State '${name}'`;
  const state = fields as unknown as State;
  const allowed = Object.hasOwn(FIELDS, state.Type) ? FIELDS[state.Type] : undefined;
  if (!allowed) throw new UnsupportedDefinition(`${where}: the Type ${JSON.stringify(state.Type)} is not supported.`);
  only(fields, allowed, where);
  if (state.Type === 'Task') acceptTask(where, state);
  for (const retrier of state.Retry ?? []) only(retrier as unknown as JsonObject, FIELDS.retrier, `${where}, Retry`);
  for (const catcher of state.Catch ?? []) only(catcher as unknown as JsonObject, FIELDS.catcher, `${where}, Catch`);
  for (const rule of state.Choices ?? []) acceptChoiceRule(rule, where);
  for (const branch of state.Branches ?? []) {
    only(branch as unknown as JsonObject, FIELDS.block, `${where}, Branches`);
    acceptBlock(branch);
  }
  if (state.Type === 'Map') acceptMap(where, state, fields);
  acceptTemplates(without(fields, 'Branches', 'ItemProcessor', 'Iterator'), where);
}

function acceptTask(where: string, state: State): void {
  const resource = parseResource(state.Resource ?? '');
  if (!resource) {
    throw new UnsupportedDefinition(
      `${where}: the Resource ${JSON.stringify(state.Resource)} is not supported: ${REASONS.Resource ?? ''}.`,
    );
  }
  if (resource.kind !== 'invoke') return;
  const type = isJsonObject(state.Parameters) ? state.Parameters.InvocationType : undefined;
  if (type !== undefined && type !== 'RequestResponse') {
    throw new UnsupportedDefinition(`${where}: the Parameter InvocationType ${JSON.stringify(type)} is not supported.`);
  }
}

function acceptMap(where: string, state: State, fields: JsonObject): void {
  if (!fields.ItemProcessor && !fields.Iterator)
    throw new UnsupportedDefinition(`${where}: the field ItemProcessor is missing.`);
  const processor: Processor = processorOf(state);
  only(processor as unknown as JsonObject, FIELDS.processor, `${where}, ItemProcessor`);
  const { Mode = 'INLINE', ExecutionType } = processor.ProcessorConfig ?? {};
  if (Mode === 'DISTRIBUTED') {
    if (ExecutionType === 'EXPRESS') {
      throw new UnsupportedDefinition(
        `${where}: ProcessorConfig.ExecutionType EXPRESS is not supported, only STANDARD children are.`,
      );
    }
    if (isJsonObject(fields.ItemBatcher)) only(fields.ItemBatcher, FIELDS.batcher, `${where}, ItemBatcher`);
  } else {
    const distributed = Object.keys(fields).find((field) => FIELDS.distributed?.includes(field));
    if (distributed)
      throw new UnsupportedDefinition(`${where}: the field ${distributed} has no effect on an inline Map.`);
  }
  acceptBlock(processor);
}

function only(object: JsonObject, allowed: Fields | undefined, where: string): void {
  for (const [field, value] of Object.entries(object)) {
    if (field === 'QueryLanguage' && value === 'JSONPath') continue;
    if (allowed?.includes(field)) continue;
    const reason = REASONS[field];
    throw new UnsupportedDefinition(`${where}: the field ${field} is not supported${reason ? `: ${reason}` : ''}.`);
  }
}
