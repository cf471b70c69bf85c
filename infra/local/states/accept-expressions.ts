import { UnsupportedDefinition } from './errors.ts';
import { isJsonObject, without, type Json } from './json.ts';

const FUNCTIONS = new Set(
  'Format StringToJson JsonToString Array ArrayPartition ArrayContains ArrayRange ArrayGetItem ArrayLength ArrayUnique Base64Encode Base64Decode Hash JsonMerge MathRandom MathAdd StringSplit UUID'
    .split(' ')
    .map((name) => `States.${name}`),
);

const COMPARISONS = ['Equals', 'LessThan', 'GreaterThan', 'LessThanEquals', 'GreaterThanEquals'];
const OPERATORS = new Set([
  ...['String', 'Numeric', 'Timestamp'].flatMap((type) =>
    COMPARISONS.flatMap((how) => [`${type}${how}`, `${type}${how}Path`]),
  ),
  ...['BooleanEquals', 'BooleanEqualsPath', 'StringMatches'],
  ...['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp'],
]);

/** A choice rule: And, Or, Not, or one Variable with one operator. */
export function acceptChoiceRule(rule: Json, where: string): void {
  if (!isJsonObject(rule)) throw new UnsupportedDefinition(`${where}: a choice rule is not an object.`);
  const test = without(rule, 'Next', 'Comment');
  const nested = [test.And, test.Or, test.Not].filter((part) => part !== undefined).flat();
  for (const part of nested) acceptChoiceRule(part, where);
  const operators = Object.keys(test).filter((field) => field !== 'Variable');
  if (operators.length !== 1)
    throw new UnsupportedDefinition(
      `${where}: a choice rule has not one test but ${operators.length}: ${operators.join(', ')}.`,
    );
  const [operator = ''] = operators;
  if (['And', 'Or', 'Not'].includes(operator) || OPERATORS.has(operator)) return;
  throw new UnsupportedDefinition(`${where}: the choice operator ${operator} is not supported.`);
}

/** Everything in a state that is evaluated: known intrinsic functions, paths that are text, no task token. */
export function acceptTemplates(value: Json, where: string, key = ''): void {
  if (Array.isArray(value)) for (const element of value) acceptTemplates(element, where, key);
  else if (isJsonObject(value)) for (const [name, inner] of Object.entries(value)) acceptTemplates(inner, where, name);
  else if (key.endsWith('.$')) acceptExpression(value, where, key);
  else if (key.endsWith('Path') && typeof value === 'string') acceptToken(value, where, key);
}

function acceptExpression(value: Json, where: string, key: string): void {
  if (typeof value !== 'string')
    throw new UnsupportedDefinition(`${where}: the value of "${key}" must be a path or an intrinsic function.`);
  acceptToken(value, where, key);
  if (value.startsWith('$')) return;
  for (const [name] of value.replace(/'(?:\\.|[^'\\])*'/g, "''").matchAll(/[A-Za-z][\w.]*(?=\()/g)) {
    if (!FUNCTIONS.has(name))
      throw new UnsupportedDefinition(`${where}: the intrinsic function ${name} in "${key}" is not supported.`);
  }
}

function acceptToken(path: string, where: string, key: string): void {
  if (path.includes('$$.Task'))
    throw new UnsupportedDefinition(`${where}: "${key}" asks for a task token, which no supported Resource uses.`);
}
