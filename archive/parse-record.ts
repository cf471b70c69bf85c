import type { z } from 'zod';
import type { PermafrostError } from '../workflow/errors.ts';

/** The named error that a file which cannot be read is reported by. */
type ErrorClass = new (message: string, options?: ErrorOptions) => PermafrostError;

/**
 * Reads UTF-8 JSON that must fit `schema`. `what` names the file in the error.
 * @throws Invalid naming every field that does not fit.
 */
export function parseRecord<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  what: string,
  Invalid: ErrorClass,
): z.infer<S> {
  return checkRecord(parseJson(bytes, what, Invalid), schema, what, Invalid);
}

/** Reads UTF-8 JSON, whatever its shape. */
export function parseJson(bytes: Uint8Array, what: string, Invalid: ErrorClass): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new Invalid(`${what} is not JSON in UTF-8`, { cause });
  }
}

/** Holds a value against `schema`; the error names every field that does not fit. */
export function checkRecord<S extends z.ZodType>(
  value: unknown,
  schema: S,
  what: string,
  Invalid: ErrorClass,
): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}`);
  throw new Invalid(`${what} does not fit its format: ${faults.join('; ')}`);
}
