import type { z } from 'zod';

/** Set by AWS itself, and refused by Lambda when a deployment sets them. */
type Reserved = 'AWS_REGION';

type Text<T> = [NonNullable<T>] extends [string] ? NonNullable<T> : string;

/**
 * The variables that a schema asks for, as a deployment writes them: text. What the schema narrows to certain words stays
 * narrow; what it parses from text (a number) is text here.
 */
export type Variables<S extends z.ZodObject> = {
  readonly [Name in keyof z.input<S> as Exclude<Name, Reserved>]: Text<z.input<S>[Name]>;
};
