import { dirname, resolve } from 'node:path';
import { readRecipientFiles, type RecipientKeys } from './recipients.ts';
import { settingsSchema, type Settings } from './schema.ts';
import { readSettingsFile } from './settings-file.ts';

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
  const settings = readSettingsFile(file, settingsSchema);
  const files = settings.encryption.recipients.map((recipient) => resolve(dirname(file), recipient));
  return { settings, recipients: await readRecipientFiles(files, settings.encryption.profile, now) };
}
