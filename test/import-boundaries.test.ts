import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { boundaries } from '../import-boundaries.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const importsOf = (file: string): string[] =>
  ts
    .preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => normalize(join(dirname(file), fileName)));

describe.each(Object.entries(boundaries))('%s/', (folder, { never, ofWorkflow }) => {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root });

  it('imports only what flows towards the archive format, the ports, the contracts and the errors', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(
          (path) =>
            never.some((other) => path.startsWith(`${other}/`)) ||
            (ofWorkflow && path.startsWith('workflow/') && !ofWorkflow.includes(path.slice('workflow/'.length))),
        )
        .map((path) => `${file} -> ${path}`),
    );
    expect(wrong).toEqual([]);
  });
});

it('reads real imports', () => {
  expect(importsOf('functions/archive/seal-archive.ts')).toContain('workflow/contracts.ts');
});
