import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readImage } from '../../../../infra/local/runtime/image.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'image-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const read = (...lines: string[]) => {
  writeFileSync(join(directory, 'Dockerfile'), lines.join('\n'));
  return readImage({ directory, dockerfile: 'Dockerfile' });
};

test.each([
  ['beside the working directory', ['WORKDIR /app', 'COPY index.mjs ./', 'ENTRYPOINT ["node", "index.mjs"]']],
  [
    'by an absolute path',
    ['COPY --chown=1000 index.mjs /app/index.mjs', 'ENTRYPOINT ["/usr/local/bin/node", "/app/index.mjs"]'],
  ],
  [
    'among others',
    ['WORKDIR /', 'WORKDIR srv', 'COPY index.mjs package.json .', 'ENTRYPOINT ["node"]', 'CMD ["/srv/index.mjs"]'],
  ],
  [
    'of the last stage',
    ['ENTRYPOINT ["old"]', 'FROM b', 'COPY index.mjs /x/', 'ENTRYPOINT \\', '  ["node", "/x/index.mjs"]'],
  ],
])('an entry point %s becomes the file of the build directory', (_, lines) => {
  const image = read('FROM node:24', ...lines);
  expect(image).toMatchObject({ command: process.execPath, args: [join(directory, 'index.mjs')], cwd: directory });
});

test('options and variables are kept', () => {
  const image = read(
    'FROM n',
    'ENV NODE_ENV=production A="b c"',
    'ENTRYPOINT ["node", "--enable-source-maps", "i.mjs"]',
  );
  expect(image.args).toEqual(['--enable-source-maps', 'i.mjs']);
  expect(image.environment).toEqual({ NODE_ENV: 'production', A: 'b c' });
});

test.each([
  ['the shell form', 'ENTRYPOINT node index.mjs', 'not in JSON form'],
  ['no entry point', 'USER 1000', 'has no ENTRYPOINT'],
  ['a program of the base image', 'ENTRYPOINT ["/bin/tini", "node"]', '/bin/tini is not in the build directory'],
])('%s is refused', (_, line, message) => {
  expect(() => read('FROM n', line)).toThrow(message);
});
