import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Some CommonJS dependencies call `require` for built-in modules, which an ES module does not have. */
const banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** The directory with the bundle of an entry point. */
export type Bundles = (entry: string) => string;

/**
 * Bundles entry points, each with all that it imports, into one `index.mjs` in a directory of its own below the cloud
 * assembly. One esbuild run for all: starting esbuild for each function takes several times as long.
 * @param entries paths from the project's root, without `.ts`.
 * @returns where the bundle of an entry is.
 */
export function bundle(scope: Construct, entries: readonly string[]): Bundles {
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
  return (entry) => join(outdir, entry);
}

/** Adds the Dockerfile beside the entry point to its bundle: together they are all that the image is built from. */
export function addDockerfile(entry: string, directory: string): void {
  copyFileSync(join(projectRoot, dirname(entry), 'Dockerfile'), join(directory, 'Dockerfile'));
}
