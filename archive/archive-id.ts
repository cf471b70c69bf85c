import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FormatInvalid } from '../workflow/errors.ts';

const pattern = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)-(\d{4}-\d{2}-\d{2})t(\d{2})-(\d{2})-(\d{2})-([0-9a-f]{6})$/;

/**
 * `PREFIX-YYYY-MM-DDtHH-MM-SS-xxxxxx`, UTC. Also the snapshot's name and part of object keys, hence lower case, and nothing
 * but letters, digits and hyphens.
 */
export const archiveId = z.string().refine((id) => split(id) !== undefined, {
  error: 'is not an archive id (PREFIX-YYYY-MM-DDtHH-MM-SS-xxxxxx, lower case)',
});

/**
 * The id of the archive that an execution makes. Start time and ARN stay the same across redrives, so the id does too; the
 * ARN's digest tells apart two executions that start in one second.
 * @throws FormatInvalid when the prefix is not 1 to 63 of `[a-z0-9-]`, beginning and ending with a letter or digit.
 */
export function archiveIdOf(run: { prefix: string; startedAt: Date; executionArn: string }): string {
  const suffix = createHash('sha256').update(run.executionArn, 'utf8').digest('hex').slice(0, 6);
  const time = run.startedAt.toISOString().slice(0, 19).replace('T', 't').replaceAll(':', '-');
  const id = `${run.prefix}-${time}-${suffix}`;
  if (!split(id)) throw new FormatInvalid(`No archive id can be made of prefix "${run.prefix}" and time ${time}`);
  return id;
}

/** @throws FormatInvalid when the text is not an archive id. */
export function parseArchiveId(id: string): { prefix: string; createdAt: Date; suffix: string } {
  const parts = split(id);
  if (!parts) throw new FormatInvalid(`"${id}" is not an archive id (PREFIX-YYYY-MM-DDtHH-MM-SS-xxxxxx, lower case)`);
  return parts;
}

function split(id: string): { prefix: string; createdAt: Date; suffix: string } | undefined {
  const match = pattern.exec(id);
  if (!match) return undefined;
  const [, prefix = '', day = '', hour = '', minute = '', second = '', suffix = ''] = match;
  const iso = `${day}T${hour}:${minute}:${second}.000Z`;
  const createdAt = new Date(iso);
  // A date such as 30 February parses in some forms to another day: only the one that reads back the same is a time.
  if (Number.isNaN(createdAt.getTime()) || createdAt.toISOString() !== iso) return undefined;
  return { prefix, createdAt, suffix };
}
