import type { App } from 'aws-cdk-lib';
import { SettingsInvalid } from './config/errors.ts';
import { settingsFileOf } from './config/which-file.ts';

export interface Synthesis {
  /** Name of the settings file that is looked for in the working directory, where the CDK CLI names none. */
  readonly own: string;
  /** The settings that are taken where there is no such file. */
  readonly example: string;
  /** Makes the app of a settings file, with all of its checks. */
  readonly build: (file: string) => App | Promise<App>;
}

/**
 * Synthesizes an app by its settings file, and says on standard error which file that was and which stacks came of it: whoever has
 * forgotten to name theirs must see that they look at the example. Settings that cannot be used end the process with code 1.
 */
export async function synthesize({ own, example, build }: Synthesis): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { file, told } = settingsFileOf(own, example);
  say(told);
  try {
    const { stacksRecursively } = (await build(file)).synth();
    // As `cdk deploy` takes them.
    say(`Stacks: ${stacksRecursively.map(({ hierarchicalId }) => hierarchicalId).join(', ')}`);
  } catch (error) {
    if (!(error instanceof SettingsInvalid)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
