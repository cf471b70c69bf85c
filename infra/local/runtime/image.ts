import { readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import type { ImageAsset } from '../template/assembly.ts';
import { ImageUnsupported } from './errors.ts';

/** What a container of an image starts, as a process on this machine. */
export interface ImageProcess {
  command: string;
  args: string[];
  /** The image's build directory, which stands for its file system. */
  cwd: string;
  environment: Record<string, string>;
}

/**
 * Reads the last stage of a Dockerfile: ENTRYPOINT and CMD in JSON form, WORKDIR, ENV, and COPY from the build directory.
 * A path that a COPY creates becomes the file it is copied from; `node` is the Node.js that runs this.
 */
export function readImage({ directory, dockerfile }: ImageAsset): ImageProcess {
  const file = join(directory, dockerfile);
  const lines = readFileSync(file, 'utf8')
    .replaceAll(/\\\r?\n/g, ' ')
    .split('\n');
  let workdir = '/';
  let entrypoint: string[] = [];
  let cmd: string[] = [];
  let environment: Record<string, string> = {};
  let copied = new Map<string, string>();
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    switch (instruction.toUpperCase()) {
      case 'FROM':
        [workdir, entrypoint, cmd] = ['/', [], []];
        [environment, copied] = [{}, new Map<string, string>()];
        break;
      case 'WORKDIR':
        workdir = posix.resolve(workdir, rest);
        break;
      case 'ENV':
        for (const [, name = '', quoted, plain] of rest.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)) {
          environment[name] = quoted ?? plain ?? '';
        }
        break;
      case 'COPY':
        for (const [target, from] of copies(rest, workdir)) copied.set(target, join(directory, from));
        break;
      case 'ENTRYPOINT':
        [entrypoint, cmd] = [jsonForm(rest, file, 'ENTRYPOINT'), []];
        break;
      case 'CMD':
        cmd = jsonForm(rest, file, 'CMD');
        break;
    }
  }
  const [command, ...args] = [...entrypoint, ...cmd];
  if (command === undefined) throw new ImageUnsupported(`${file} has no ENTRYPOINT`);
  const local = (arg: string): string => copied.get(posix.resolve(workdir, arg)) ?? arg;
  const isNode = basename(command) === 'node';
  if (!isNode && local(command) === command)
    throw new ImageUnsupported(`${file}: ENTRYPOINT ${command} is not in the build directory`);
  return { command: isNode ? process.execPath : local(command), args: args.map(local), cwd: directory, environment };
}

/** Pairs of absolute target and source. Only files: a copied directory's content keeps its place below the target. */
function copies(rest: string, workdir: string): [string, string][] {
  const words = rest.split(/\s+/);
  if (words.some((word) => word.startsWith('--from='))) return [];
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.pop() ?? '';
  const isFolder = target.endsWith('/') || target === '.' || paths.length > 1;
  return paths.map((path) => [
    posix.resolve(workdir, isFolder ? posix.join(target, posix.basename(path)) : target),
    path,
  ]);
}

function jsonForm(rest: string, file: string, instruction: string): string[] {
  try {
    const words: unknown = JSON.parse(rest);
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  } catch {
    // the shell form, refused below
  }
  throw new ImageUnsupported(`${file}: ${instruction} is not in JSON form, so SIGTERM would not reach the process`);
}
