/** An event as EventBridge delivers it. */
export type CloudEvent = Record<string, unknown>;

export interface Rule {
  name: string;
  pattern: Record<string, unknown>;
  targets: { functionArn: string; input?: string | undefined }[];
}

/** Takes an event on for a function, which runs later, and again when it fails (async-invocations.ts). */
type Invoke = (functionArn: string, event: unknown) => void;

/** EventBridge's default bus, as far as rules with functions as targets go. */
export class Rules {
  readonly #rules: Rule[] = [];
  readonly #invoke: Invoke;

  constructor(invoke: Invoke) {
    this.#invoke = invoke;
  }

  add(rule: Rule): void {
    this.#rules.push(rule);
  }

  /** Invokes the targets of each rule that matches. */
  deliver(event: CloudEvent): void {
    for (const { pattern, targets } of this.#rules) {
      if (!matches(pattern, event)) continue;
      for (const { functionArn, input } of targets) {
        this.#invoke(functionArn, input === undefined ? event : JSON.parse(input));
      }
    }
  }
}

/**
 * Whether an event fits a pattern: exact values, `prefix`, `suffix`, `exists`, `anything-but`
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html).
 */
export function matches(pattern: Record<string, unknown>, event: CloudEvent): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    const value = event[key];
    if (!Array.isArray(wanted)) {
      return isObject(wanted) && isObject(value) && matches(wanted, value);
    }
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return wanted.some((filter: unknown) => values.some((one) => fits(filter, one)));
  });
}

function fits(filter: unknown, value: unknown): boolean {
  if (!isObject(filter)) return filter === value || (filter === null && value === null);
  const [name = '', argument] = Object.entries(filter)[0] ?? [];
  switch (name) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(argument));
    case 'suffix':
      return typeof value === 'string' && value.endsWith(String(argument));
    case 'exists':
      return (value !== undefined) === argument;
    case 'anything-but':
      return value !== undefined && ![argument].flat().some((unwanted) => fits(unwanted, value));
    default:
      throw new TypeError(`The event pattern filter ${name} is not simulated`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
