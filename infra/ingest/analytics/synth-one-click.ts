import { parseArgs } from 'node:util';
import { writeOneClick } from './one-click.ts';

/** `npm run synth:one-click`: the template for the console, in cdk.out/one-click. */
const folder = 'cdk.out/one-click';

const about = `Writes the analytics of CloudTrail as one template for the console of CloudFormation, and the .zip files that it needs, into
${folder}, which is emptied first. Offline and without credentials; there are no settings, the console asks for them.

npm run synth:one-click

  --help  shows this text

What to do with the files, and what the console asks for: docs/ingest-analytics.md`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function wantsHelp(): boolean | undefined {
  try {
    return parseArgs({ options: { help: { type: 'boolean', default: false } } }).values.help;
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\nnpm run synth:one-click -- --help says more.`);
    return undefined;
  }
}

const help = wantsHelp();
if (help === undefined) process.exitCode = 2;
else if (help) say(about);
else {
  const [template, ...archives] = writeOneClick(folder);
  say(`${folder}/${template!}: upload it in the console of CloudFormation.`);
  say(
    `First copy to the bucket that you will give as AssetBucket:\n${archives.map((name) => `  ${folder}/${name}`).join('\n')}`,
  );
}
