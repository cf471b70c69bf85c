/* eslint-disable no-console */
/* global setInterval */
// The sample container: prints what it was given, then exits with the code it was asked for, or stays until SIGTERM.
import { existsSync } from 'node:fs';
const { ITEM, EXIT_CODE, STAY, SECRET, AWS_ACCESS_KEY_ID } = process.env;
console.log(
  JSON.stringify({
    item: ITEM,
    secret: SECRET,
    key: AWS_ACCESS_KEY_ID,
    home: process.env.HOME,
    besideEntryPoint: existsSync('index.mjs'),
  }),
);
if (STAY) {
  process.on('SIGTERM', () => {
    if (STAY !== 'deaf') process.exit(143);
  });
  console.log('staying');
  setInterval(() => undefined, 1000);
} else {
  process.exit(Number(EXIT_CODE ?? 0));
}
