import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

const options = {
  absWorkingDir: projectRoot,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Some CommonJS dependencies call `require` for built-in modules, which an ES module does not have. Under a name of its
  // own: openpgp imports createRequire too, and esbuild does not look into banners.
  banner: {
    js: "import{createRequire as requireOfModule}from'node:module';const require=requireOfModule(import.meta.url);",
  },
  // Names of classes and functions stay as written in logs and stack traces.
  keepNames: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** The directory with the bundle of an entry point. */
export type Bundles = (entry: string) => string;

/**
 * Bundles the entry points of a stack's functions: a directory each, with `index.mjs` and the chunks that it imports. One esbuild run
 * that shares chunks takes a fifth of the time of one bundle after another.
 * @param entries paths from the project's root, without `.ts`; their last parts must differ.
 * @param folder for the bundles of the stack; what is in it is removed.
 */
export function bundleFunctions(scope: Construct, entries: readonly string[], folder = 'functions'): Bundles {
  const outdir = freshDirectory(scope, join(folder, Stack.of(scope).stackName));
  const shared = join(outdir, 'shared');
  const { metafile } = buildSync({
    ...options,
    entryPoints: entries.map((entry) => ({ in: `${entry}.ts`, out: basename(entry) })),
    outdir: shared,
    splitting: true,
    metafile: true,
  });
  const files = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  for (const entry of entries) {
    const directory = join(outdir, basename(entry));
    mkdirSync(directory);
    const main = `${basename(entry)}.mjs`;
    for (const file of reachable(files, main)) {
      copyFileSync(join(shared, file), join(directory, file === main ? 'index.mjs' : file));
    }
  }
  return (entry) => join(outdir, basename(entry));
}

/**
 * Makes the directory that an image is built from: the Dockerfile that stands beside the entry point, and the entry point
 * with all that it imports as one `index.mjs`.
 */
export function bundleImage(scope: Construct, entry: string): string {
  const outdir = freshDirectory(scope, dirname(entry));
  buildSync({ ...options, entryPoints: [{ in: `${entry}.ts`, out: 'index' }], outdir });
  copyFileSync(join(projectRoot, dirname(entry), 'Dockerfile'), join(outdir, 'Dockerfile'));
  return outdir;
}

function freshDirectory(scope: Construct, name: string): string {
  const directory = join(resolve(Stage.of(scope)?.outdir ?? 'cdk.out'), 'bundles', name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** The file and all chunks that it imports, directly or through others. */
function reachable(files: ReadonlyMap<string, Metafile['outputs'][string]>, file: string): Set<string> {
  const found = new Set([file]);
  for (const each of found) {
    for (const { path, external } of files.get(each)?.imports ?? []) if (!external) found.add(basename(path));
  }
  return found;
}
