import { existsSync, globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failureContracts } from '../../workflow/contracts.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { snapshotWorkflow } from '../../workflow/snapshot.ts';
import { archiveDefinition, definitionOf } from '../support/definitions.ts';
import { anchor, read, sections } from './markdown.ts';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly StringEquals?: string; readonly Next: string }[];
  readonly ItemProcessor?: Block;
}
interface Block {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const architecture = sections(read('docs/architecture.md'));
const snapshotDefinition = definitionOf(
  'snapshot',
  { ...snapshotContracts, ...failureContracts },
  (scope, functions, topic) => snapshotWorkflow(scope, { functions, topic }),
);
const workflows = [
  {
    heading: 'The archive workflow',
    definition: archiveDefinition() as unknown as Block,
    resumptions: 'The shape of a guarded state',
    drawnMaps: [],
  },
  {
    heading: 'The snapshot workflow',
    definition: snapshotDefinition as unknown as Block,
    resumptions: 'The snapshot workflow',
    drawnMaps: ['DeleteExpiredSnapshots'],
  },
];

/** `A --> B` for each transition that is no Catch, from the first state on. */
function transitions({ StartAt, States: states }: Block): string[] {
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
  follow(StartAt);
  return found.sort();
}

/** The same of a drawing. A node with a question mark stands as `Id{"Id?"}` where it is first named. */
function drawn(drawing = ''): string[] {
  const lines = drawing.split('\n');
  const names = new Map(
    lines.flatMap((line) => [...line.matchAll(/(\w+)\{"(.+?)"\}/g)].map(([, id, name]) => [id, name])),
  );
  return lines.flatMap((line) => {
    const [, from, to] = /^ *(\w+) -.*-> (\w+)/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [`${names.get(from) ?? from} --> ${names.get(to) ?? to}`];
  });
}

describe.each(workflows)('the section "$heading"', ({ heading, definition, resumptions, drawnMaps }) => {
  const section = architecture.get(heading) ?? '';
  const blocks = [definition, ...drawnMaps.map((map) => definition.States[map]!.ItemProcessor!)];

  test('draws the states and transitions that there are, and no others; a Map by a drawing of its own', () => {
    const drawings = [...section.matchAll(/```mermaid\n([\s\S]+?)```/g)].map(([, drawing]) => drawn(drawing).sort());
    expect(drawings).toEqual(blocks.map((block) => transitions(block)));
  });

  test('has a table that explains every state that does something', () => {
    const [table = ''] = /\| state \|[\s\S]+?\n\n/.exec(`${section}\n`) ?? [];
    const explained = [...table.matchAll(/`([A-Z]\w+\??)`/g)].map(([, name]) => name!);
    const working = blocks.flatMap(({ States, ...block }) =>
      transitions({ States, ...block })
        .flatMap((edge) => edge.split(' --> '))
        .filter((name) => ['Task', 'Map'].includes(States[name]!.Type)),
    );
    expect(new Set(explained.filter((name) => !name.endsWith('?')))).toEqual(new Set(working));
  });

  test('has, or leads to, a table of earlier resumptions that is that of the definition', () => {
    const written = [...(architecture.get(resumptions) ?? '').matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(
      ([, from, to]) => `${from} --> ${to}`,
    );
    const defined = (definition.States['ResumeAtFailedState']?.Choices ?? [])
      .filter(({ StringEquals, Next }) => StringEquals !== Next)
      .map(({ StringEquals, Next }) => `${StringEquals} --> ${Next}`);
    expect(written.sort()).toEqual(defined.sort());
  });
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
