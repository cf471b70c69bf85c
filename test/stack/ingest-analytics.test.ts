/** Each visualisation of CloudTrail asks the node for what Dashboards would ask, and gets what was counted by hand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentMaker } from '../../functions/ingest/make-document.ts';
import { cloudwatchRecords } from '../../functions/ingest/formats/cloudwatch-message.ts';
import { indexTemplate } from '../../infra/ingest/analytics/saved-objects/index-template.ts';
import { subscriptionMessage } from '../infra/ingest/analytics/events.ts';
import { expectedRows } from '../infra/ingest/analytics/expected-rows.ts';
import { rowsOf, searchOf, shippedObjects } from '../infra/ingest/analytics/saved.ts';
import { ask } from './stack.ts';

// Names of its own, since all test files share one node.
const index = 'analytics-2026.01.02';
const templatePath = '/_index_template/analytics-test';
const visualisations = shippedObjects().filter(({ type }) => type === 'visualization');

beforeAll(async () => {
  await ask('PUT', templatePath, { ...indexTemplate, index_patterns: ['analytics-*'] });
  const make = documentMaker('analytics-YYYY.MM.DD');
  const origin = { bucket: '111122223333//permafrost/analytics/cloudtrail', key: 'stream' };
  const lines = [...cloudwatchRecords(subscriptionMessage(), 0)].flatMap((parsed) => {
    expect(parsed).toHaveProperty('record');
    if (!('record' in parsed)) return [];
    const made = make(parsed.record, origin, new Date('2026-01-02T08:00:00Z'));
    return [JSON.stringify({ create: { _index: made.index, _id: made.id } }), made.document];
  });
  const answer = await ask<{ errors: boolean }>('POST', '/_bulk?refresh=true', `${lines.join('\n')}\n`);
  expect(answer, JSON.stringify(answer)).toMatchObject({ errors: false });
});

afterAll(async () => {
  await ask('DELETE', `/${index}`);
  await ask('DELETE', templatePath);
});

test('all events and the line of text are there', async () => {
  expect(await ask('GET', `/${index}/_count`)).toMatchObject({ count: 21 });
});

test.each(visualisations.map((object) => [object.attributes['title'] as string, object]))('%s', async (_, object) => {
  const answer = await ask<Parameters<typeof rowsOf>[0]>('POST', `/${index}/_search`, searchOf(object));
  const sorted = (rows: readonly (string | number)[][]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  expect(sorted(rowsOf(answer))).toEqual(sorted(expectedRows[object.id]!));
});

test('members of free-form objects are no fields of the index', async () => {
  const mapping = JSON.stringify(await ask('GET', `/${index}/_mapping`));
  expect(mapping).toContain('eventName');
  expect(mapping).not.toContain('instancesSet');
});
