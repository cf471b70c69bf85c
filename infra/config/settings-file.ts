import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SettingsInvalid } from './errors.ts';

/**
 * Reads and checks a settings file.
 * @param option by which the file is named, for the message where there is none.
 * @throws SettingsInvalid naming the file and every field that is wrong.
 */
export function readSettingsFile<S extends z.ZodType>(file: string, schema: S, option = '-c config=FILE'): z.output<S> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new SettingsInvalid(`The settings file ${file} ${whyUnread(cause, option)}`, { cause });
  }
  const parsed = schema.safeParse(content, { error: listKeys, reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(whole file)'}: ${fault(issue)}`);
  throw new SettingsInvalid(`The settings file ${file} is not usable:\n${faults.join('\n')}`);
}

function whyUnread(cause: unknown, option: string): string {
  if (cause instanceof SyntaxError) return `is not JSON: ${cause.message}`;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT' ? `is not there; ${option} names another` : `cannot be read (${String(code)})`;
}

/** A field that is absent is that, whatever its schema says of values; but rules over several fields have words of their own. */
const fault = ({ code, input, message }: z.core.$ZodIssue): string =>
  code !== 'custom' && input === undefined ? 'is missing' : message;

/** Words for keys that a schema does not know. All else has its message in the schema, or that of zod. */
const listKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  const unknown = issue.keys.map((key) => `"${key}"`).join(', ');
  return `there is no ${unknown} here; there are ${Object.keys(issue.inst.shape).join(', ')}`;
};
