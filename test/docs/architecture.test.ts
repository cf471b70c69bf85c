import { existsSync, globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { archiveDefinition } from '../support/definitions.ts';
import { anchor, read, sections } from './markdown.ts';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly StringEquals?: string; readonly Next: string }[];
}

const architecture = sections(read('docs/architecture.md'));
const definition = archiveDefinition();
const states = definition.States as unknown as Record<string, State>;

/** `A --> B` for each transition that is no Catch, from the first state on. */
function transitions(): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const follow = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const { Next, Default, Choices = [] } = states[name]!;
    for (const next of [...Choices.map((choice) => choice.Next), Next, Default]) {
      if (next === undefined) continue;
      found.push(`${name} --> ${next}`);
      follow(next);
    }
  };
  follow(definition.StartAt);
  return found.sort();
}

/** The same of the drawing. A node with a question mark stands as `Id{"Id?"}` where it is first named. */
function drawn(section: string): string[] {
  const lines = /```mermaid\n([\s\S]+?)```/.exec(section)?.[1]?.split('\n') ?? [];
  const names = new Map(
    lines.flatMap((line) => [...line.matchAll(/(\w+)\{"(.+?)"\}/g)].map(([, id, name]) => [id, name])),
  );
  return lines.flatMap((line) => {
    const [, from, to] = /^ *(\w+) -.*-> (\w+)/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [`${names.get(from) ?? from} --> ${names.get(to) ?? to}`];
  });
}

const workflow = architecture.get('The archive workflow') ?? '';

test('the drawing of the archive workflow has its states and transitions, and no others', () => {
  expect(drawn(workflow).sort()).toEqual(transitions());
});

test('the table explains every state that does something', () => {
  const explained = [...workflow.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names]) =>
    [...names!.matchAll(/`([\w?]+)`/g)].map(([, name]) => name),
  );
  const working = transitions()
    .flatMap((edge) => edge.split(' --> '))
    .filter((name) => ['Task', 'Map'].includes(states[name]!.Type));
  expect(new Set(explained.filter((name) => !name!.endsWith('?')))).toEqual(new Set(working));
});

test('the table of earlier resumptions is that of the definition', () => {
  const section = architecture.get('The shape of a guarded state') ?? '';
  const written = [...section.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, from, to]) => `${from} --> ${to}`);
  const defined = (states['ResumeAtFailedState']?.Choices ?? [])
    .filter(({ StringEquals, Next }) => StringEquals !== Next)
    .map(({ StringEquals, Next }) => `${StringEquals} --> ${Next}`);
  expect(written.sort()).toEqual(defined.sort());
});

const documents = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md'), 'infra/local/README.md'];

test.each(documents)('every link of %s leads somewhere', (document) => {
  const folder = document.includes('/') ? document.slice(0, document.lastIndexOf('/') + 1) : '';
  const broken = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? document : folder + path;
      if (!existsSync(target)) return true;
      return heading !== undefined && ![...headings(read(target))].includes(heading);
    });
  expect(broken).toEqual([]);
});

const headings = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!));

test('every file that a document names in the table of promises exists', () => {
  const table = architecture.get('Promises, where they are kept, and where they are tested') ?? '';
  const files = [...table.matchAll(/`((?:[\w-]+\/)+[\w.*-]*)`/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((file) => globSync(file).length === 0)).toEqual([]);
});
