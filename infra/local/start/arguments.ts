import { parseArgs } from 'node:util';
import type { EncryptionProfile } from '../../../archive/plan.ts';
import { UsageError } from '../stack/command.ts';

export const usage = `npm start -- [options]: drops sample logs into a bucket of a local stack, where they are indexed, archives a day, freezes it, restores it, and shows each step

  --docs N          lines a day, for three days (default 100000)
  --profile NAME    encryption profile, gpg or rfc9580 (default gpg)
  --recipients N    number of recipients' keys (default 1)
  --help

Empties the stack's data first. Leaves the archive, the test keys and the signing key's PEM in .local/last-run/.
`;

export interface StartArguments {
  readonly documents: number;
  readonly profile: EncryptionProfile;
  readonly recipients: number;
  readonly help: boolean;
}

/** @throws UsageError */
export function readStartArguments(args: string[]): StartArguments {
  const options = {
    docs: { type: 'string', default: '100000' },
    profile: { type: 'string', default: 'gpg' },
    recipients: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const whole = (name: string, text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new UsageError(`--${name} takes a whole number of at least 1, not "${text}"`);
  };
  const { profile, help } = values;
  if (profile !== 'gpg' && profile !== 'rfc9580') throw new UsageError(`--profile is gpg or rfc9580, not "${profile}"`);
  return { documents: whole('docs', values.docs), recipients: whole('recipients', values.recipients), profile, help };
}
