import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { App } from 'aws-cdk-lib';

/** A settings file, and how the person at the terminal is told of it. */
export interface ChosenFile {
  readonly file: string;
  readonly told: string;
}

/**
 * The file that the CDK CLI's `-c config=` names, else `own` in the working directory; without either, `example`, which can only be
 * synthesized.
 */
export function settingsFileOf(own: string, example: string): ChosenFile {
  // Only to read the CLI's context: were it synthesized at exit, it would replace the real app's assembly.
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  const file = typeof named === 'string' ? named : own;
  if (file === named || existsSync(own)) return { file, told: `Settings: ${file}` };
  return { file: example, told: `Settings: ${relative('', example)}, the example; yours: -c config=FILE` };
}
