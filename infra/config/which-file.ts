import { existsSync } from 'node:fs';
import { App } from 'aws-cdk-lib';

/**
 * The file that the CDK CLI's `-c config=` names, else `own` in the working directory; without either, `example`, which can only be
 * synthesized.
 */
export function settingsFileOf(own: string, example: string): string {
  // Only to read the CLI's context: were it synthesized at exit, it would replace the real app's assembly.
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  if (typeof named === 'string') return named;
  return existsSync(own) ? own : example;
}
