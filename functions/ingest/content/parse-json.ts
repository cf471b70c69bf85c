/** Digits outside of quotes that may stand for more than a number can hold. */
const longInteger = /[:[,]\s*-?\d{16}/;

/**
 * Parses JSON. Integers beyond 2^53, which a JavaScript number would round, become strings with the same digits.
 * @returns undefined where the text is not JSON
 */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: longInteger.test(text) ? JSON.parse(text, exactly) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const exactly = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context?.source
    : value;

/** Whether it is a JSON object, not an array. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
