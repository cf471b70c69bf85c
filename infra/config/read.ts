import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SettingsInvalid } from './errors.ts';
import { readRecipientFiles, type RecipientKeys } from './recipients.ts';
import { settingsSchema, type Settings } from './schema.ts';

/** What the stacks are made from: checked settings, and the recipients' keys that they name. */
export interface Configuration {
  readonly settings: Settings;
  readonly recipients: RecipientKeys;
}

/**
 * Reads and checks a settings file and the keys that it names.
 * @param now the time at which the recipients' keys must be valid.
 * @throws SettingsInvalid naming the file and every field that is wrong.
 */
export async function readConfiguration(file: string, now: Date = new Date()): Promise<Configuration> {
  const settings = readSettings(file);
  const files = settings.encryption.recipients.map((recipient) => resolve(dirname(file), recipient));
  return { settings, recipients: await readRecipientFiles(files, settings.encryption.profile, now) };
}

function readSettings(file: string): Settings {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : 'cannot be read';
    throw new SettingsInvalid(`The settings file ${file} ${reason}`, { cause });
  }
  const parsed = settingsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || '(whole file)'}: ${message}`);
  throw new SettingsInvalid(`The settings file ${file} is not usable:\n${faults.join('\n')}`);
}
