import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { SettingsInvalid } from './errors.ts';

/**
 * Reads and checks a settings file.
 * @throws SettingsInvalid naming the file and every field that is wrong.
 */
export function readSettingsFile<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : 'cannot be read';
    throw new SettingsInvalid(`The settings file ${file} ${reason}`, { cause });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || '(whole file)'}: ${message}`);
  throw new SettingsInvalid(`The settings file ${file} is not usable:\n${faults.join('\n')}`);
}
