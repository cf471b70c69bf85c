import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Some CommonJS dependencies call `require` for built-in modules, which an ES module does not have. */
const banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/**
 * Bundles entry points, each with all that it imports, into one `index.mjs` in a directory of its own below the cloud
 * assembly. One esbuild run for all: starting esbuild for each function takes several times as long.
 * @param entries paths from the project's root, without `.ts`.
 * @returns the directory of each entry.
 */
export function bundle(scope: Construct, entries: readonly string[]): ReadonlyMap<string, string> {
  const outdir = join(resolve(Stage.of(scope)?.outdir ?? 'cdk.out'), 'bundles');
  for (const entry of entries) rmSync(join(outdir, entry), { recursive: true, force: true });
  buildSync({
    absWorkingDir: projectRoot,
    entryPoints: entries.map((entry) => ({ in: `${entry}.ts`, out: join(entry, 'index') })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: banner },
    // Names of classes and functions stay as written in logs and stack traces.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return new Map(entries.map((entry) => [entry, join(outdir, entry)]));
}

/** A directory from which an image is built: the Dockerfile beside the entry point, and the bundle of the entry point. */
export function imageDirectory(scope: Construct, entry: string): string {
  const directory = bundle(scope, [entry]).get(entry) ?? '';
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(projectRoot, dirname(entry), 'Dockerfile'), join(directory, 'Dockerfile'));
  return directory;
}
