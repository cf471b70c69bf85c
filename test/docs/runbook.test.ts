import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../functions/failure/describe-failure.ts';
import { exitCodes } from '../../tasks/consolidate/failure.ts';
import type { RedriveAdvice } from '../../workflow/errors.ts';
import { namedErrors } from '../../workflow/named-errors.ts';
import { archiveDefinition } from '../support/definitions.ts';
import { anchor, read, sections } from './markdown.ts';

const runbook = read('docs/runbook.md');
const explained = sections(runbook);

/** Sections that are about no error. */
const others = ['Four ways to go on', 'Where to look', 'leftovers', 'uncaught', 'snapshot-warnings'];
/** Names that come from AWS have a dot; the last is the definition's own. */
const isForeign = (name: string): boolean => name.includes('.') || name === 'FailedStateUnknown';

/** How a section begins its sentence on redriving. */
const sentences: Record<RedriveAdvice, string> = {
  helps: 'helps',
  'helps-after-repair': 'helps after the repair',
  'cannot-help': 'cannot help',
};
const saidOf = (name: string): string | undefined =>
  /^\*\*Redrive:\*\* (helps after the repair|helps|cannot help)\b/m.exec(explained.get(name) ?? '')?.[1];

/** Mended by a deployment only, which a redrive does not see: its function versions and task definition are fixed. */
const settings = [...namedErrors.keys()].filter((name) => /^(InvalidSettings|NoRecipients|Recipient.*)$/.test(name));

describe('the runbook', () => {
  test('has a section for every named error', () => {
    expect([...namedErrors.keys()].filter((name) => !explained.has(name))).toEqual([]);
  });

  test('explains no error that does not exist', () => {
    const unknown = [...explained.keys()].filter(
      (name) => !namedErrors.has(name) && !others.includes(name) && !isForeign(name),
    );
    expect(unknown).toEqual([]);
  });

  test.each([...namedErrors].filter(([name]) => !settings.includes(name)))(
    'says of %s what its notice says about a redrive',
    (name, { redrive }) => {
      expect(saidOf(name)).toBe(sentences[redrive]);
    },
  );

  test.each(settings)('says of %s that a redrive keeps the old settings', (name) => {
    expect(saidOf(name)).toBe('cannot help');
  });

  test.each([...namedErrors.keys()])('says of %s what to check', (name) => {
    expect(explained.get(name)).toMatch(/^\*\*Check:\*\* \S/m);
  });

  test.each([...explained.keys()].filter((name) => !others.includes(name)))(
    'has its section on %s where a notice links it',
    async (name) => {
      const { message } = await describeFailure(
        {
          state: 'StartSnapshot',
          input: {},
          error: { Error: name, Cause: '' },
          redriveCount: 0,
          execution: { id: 'arn:aws:states:eu-west-1:1:execution:a:b', name: 'b', startedAt: '', stateMachineId: '' },
        },
        {
          tasks: { stopped: () => Promise.resolve(undefined) },
          runbookUrl: 'https://example.com/runbook',
          taskLogGroup: '',
        },
      );
      expect(message).toContain(`https://example.com/runbook#${anchor(name)}\n`);
    },
  );

  test('explains the names of AWS that outlast the retries of a function', () => {
    const states = Object.values(archiveDefinition().States) as {
      Type: string;
      Retry?: { ErrorEquals: string[] }[];
    }[];
    const retried = states
      .filter(({ Type }) => Type === 'Task')
      .flatMap(({ Retry = [] }) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals))
      // Of the publication in the failure branch: its Catch goes on with the first error.
      .filter((name) => isForeign(name) && !name.startsWith('SNS.'));
    expect(retried).toContain('States.Timeout');
    expect([...new Set(retried)].filter((name) => !explained.has(name))).toEqual([]);
  });

  test('lists every exit code of the volume task', () => {
    const listed = [...(explained.get('Where to look') ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, code]) =>
      Number(code),
    );
    // 137 is the kernel's.
    expect(listed.filter((code) => code !== 137)).toEqual(Object.values(exitCodes));
  });
});
