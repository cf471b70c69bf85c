import { writeOneClick } from './one-click.ts';

/** `npm run synth:one-click`: the template for the console, in cdk.out/one-click. */
const folder = 'cdk.out/one-click';
const [template, ...archives] = writeOneClick(folder);
process.stdout.write(
  `${folder}/${template!}: upload it in the console of CloudFormation.\n` +
    `First copy to the bucket that you will give as AssetBucket:\n${archives.map((name) => `  ${folder}/${name}\n`).join('')}`,
);
