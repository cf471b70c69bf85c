import { below, type Place, TemplateError } from './errors.ts';

/** What a template's intrinsic functions look up. Each method returns undefined for what it does not know. */
export interface Scope {
  /** Value of `Ref`: a pseudo parameter, a parameter, or the physical id of a resource deployed before. */
  ref: (logicalId: string) => unknown;
  attribute: (logicalId: string, attribute: string) => unknown;
  exported: (name: string) => unknown;
  mapping: (map: string, top: string, second: string) => unknown;
  /** The unresolved expression of a condition. */
  condition: (name: string) => unknown;
  region: string;
}

/** `AWS::NoValue`: the property that has it is left out. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope, place: Place) => unknown;

/**
 * Resolves every intrinsic function inside `value`
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html).
 * @throws TemplateError for an unknown function, or for a reference to something that is not there (yet).
 */
export function resolve(value: unknown, scope: Scope, place: Place): unknown {
  if (typeof value === 'string' && value.includes('{{resolve:'))
    throw new TemplateError(place, `dynamic reference ${value}`);
  if (Array.isArray(value)) {
    return value.map((item, index) => resolve(item, scope, below(place, index))).filter((item) => item !== noValue);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
    const intrinsic = intrinsics[first[0]];
    if (!intrinsic) throw new TemplateError(place, `unknown intrinsic ${first[0]}`);
    return intrinsic(first[1], scope, place);
  }
  const resolved = entries.map(([key, item]) => [key, resolve(item, scope, below(place, key))] as const);
  return Object.fromEntries(resolved.filter(([, item]) => item !== noValue));
}

/** Whether a condition holds: its name, or the expression itself. */
export function holds(condition: unknown, scope: Scope, place: Place): boolean {
  if (typeof condition === 'string') {
    const expression = scope.condition(condition);
    if (expression === undefined) throw new TemplateError(place, `unknown condition ${condition}`);
    return holds(expression, scope, place);
  }
  const [name, argument] = Object.entries(condition as Record<string, unknown>)[0] ?? ['', undefined];
  const list = Array.isArray(argument) ? (argument as unknown[]) : [];
  switch (name) {
    case 'Condition':
      return holds(argument, scope, place);
    case 'Fn::Equals':
      return resolve(list[0], scope, place) === resolve(list[1], scope, place);
    case 'Fn::And':
      return list.every((item) => holds(item, scope, place));
    case 'Fn::Or':
      return list.some((item) => holds(item, scope, place));
    case 'Fn::Not':
      return !holds(list[0], scope, place);
    default:
      throw new TemplateError(place, `unknown condition function ${name}`);
  }
}

const intrinsics: Record<string, Intrinsic> = {
  Ref: (id, scope, place) =>
    id === 'AWS::NoValue' ? noValue : known(scope.ref(text(id, place)), `Ref ${String(id)}`, place),
  'Fn::GetAtt': (argument, scope, place) => {
    const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    return known(scope.attribute(id, rest.join('.')), `Fn::GetAtt ${id}.${rest.join('.')}`, place);
  },
  'Fn::Join': (argument, scope, place) => {
    const [separator, parts] = list(argument, place);
    return list(resolve(parts, scope, place), place)
      .map((part) => text(part, place))
      .join(text(separator, place));
  },
  'Fn::Sub': (argument, scope, place) => {
    const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument, place);
    const values = resolve(variables, scope, place) as Record<string, unknown>;
    return text(template, place).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in values) return text(values[name], place);
      const reference = name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name };
      return text(resolve(reference, scope, place), place);
    });
  },
  'Fn::Select': (argument, scope, place) => {
    const [index, items] = list(argument, place);
    const number = Number(resolve(index, scope, place));
    return known(list(resolve(items, scope, place), place)[number], `Fn::Select of item ${number}`, place);
  },
  'Fn::Split': (argument, scope, place) => {
    const [separator, value] = list(argument, place);
    return text(resolve(value, scope, place), place).split(text(separator, place));
  },
  'Fn::If': (argument, scope, place) => {
    const [condition, then, otherwise] = list(argument, place);
    return resolve(holds(condition, scope, place) ? then : otherwise, scope, place);
  },
  'Fn::ImportValue': (argument, scope, place) => {
    const name = text(resolve(argument, scope, place), place);
    return known(scope.exported(name), `Fn::ImportValue ${name}`, place);
  },
  'Fn::FindInMap': (argument, scope, place) => {
    const [map = '', top = '', second = ''] = list(resolve(argument, scope, place), place).map((key) =>
      text(key, place),
    );
    return known(scope.mapping(map, top, second), `Fn::FindInMap ${map}.${top}.${second}`, place);
  },
  'Fn::Base64': (argument, scope, place) =>
    Buffer.from(text(resolve(argument, scope, place), place)).toString('base64'),
  'Fn::GetAZs': (_, scope) => ['a', 'b', 'c'].map((zone) => scope.region + zone),
};

function known(value: unknown, what: string, place: Place): unknown {
  if (value === undefined) throw new TemplateError(place, `unresolved reference: ${what}`);
  return value;
}

function text(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(place, `a string was expected, not ${JSON.stringify(value)}`);
}

function list(value: unknown, place: Place): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new TemplateError(place, `a list was expected, not ${JSON.stringify(value)}`);
}
