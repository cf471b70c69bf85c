import { readFileSync } from 'node:fs';
import { readRecipients } from '../../tasks/consolidate/recipients.ts';
import { SettingsInvalid } from './errors.ts';
import type { Settings } from './schema.ts';

/** Public keys of those who can open the archives. */
export interface RecipientKeys {
  /** All keys, armored, one block after the other. */
  readonly armored: string;
  readonly fingerprints: readonly string[];
}

/**
 * A container's variables are part of its task definition, which ECS limits to 64 KiB; 32 KiB leaves room for the rest. An
 * RSA 4096 key is about 3 KiB.
 */
const armoredLimitBytes = 32 * 1024;

/**
 * Reads the recipients' keys and refuses, before anything is deployed, those that the consolidate task would refuse.
 * @throws SettingsInvalid naming the file.
 */
export async function readRecipientFiles(
  files: readonly string[],
  profile: Settings['encryption']['profile'],
  now: Date,
): Promise<RecipientKeys> {
  const blocks: string[] = [];
  for (const file of files) {
    const block = readKeyFile(file);
    try {
      await readRecipients(block, profile, now);
    } catch (cause) {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new SettingsInvalid(`encryption.recipients: ${file} cannot be used: ${reason}`, { cause });
    }
    blocks.push(block.trim());
  }
  const armored = blocks.join('\n');
  const bytes = Buffer.byteLength(armored);
  if (bytes > armoredLimitBytes) {
    throw new SettingsInvalid(
      `encryption.recipients: the keys are ${bytes} bytes together, more than the ${armoredLimitBytes} that a container's ` +
        'variables can carry. Export them without photos and third-party signatures (gpg --export-options export-minimal).',
    );
  }
  return { armored, fingerprints: (await readRecipients(armored, profile, now)).fingerprints };
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SettingsInvalid(`encryption.recipients: ${file} cannot be read`, { cause });
  }
}
