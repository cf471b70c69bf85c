/** Before each file of tests: apps of the CDK that are told of no folder write into one that is removed again, not into one each for ever. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'cdk-output-'));
process.env.CDK_OUTDIR = folder;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
