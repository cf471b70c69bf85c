/** Each visualisation of CloudTrail asks the node for what Dashboards would ask, and gets what was counted by hand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentMaker } from '../../functions/ingest/make-document.ts';
import { cloudwatchRecords } from '../../functions/ingest/formats/cloudwatch-message.ts';
import { indexTemplate, templateName } from '../../infra/ingest/analytics/saved-objects/index-template.ts';
import { subscriptionMessage } from '../infra/ingest/analytics/events.ts';
import { expectedRows } from '../infra/ingest/analytics/expected-rows.ts';
import { rowsOf, searchOf, shippedObjects } from '../infra/ingest/analytics/saved.ts';
import { ask } from './stack.ts';

const index = 'cwl-2026.01.02';
const visualisations = shippedObjects().filter(({ type }) => type === 'visualization');

beforeAll(async () => {
  await ask('PUT', `/_index_template/${templateName}`, indexTemplate);
  const make = documentMaker('cwl-YYYY.MM.DD');
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
  await ask('DELETE', `/_index_template/${templateName}`);
});

test('all events and the line of text are there', async () => {
  expect(await ask('GET', `/${index}/_count`)).toMatchObject({ count: 21 });
});

test.each(visualisations.map((object) => [object.attributes['title'] as string, object]))('%s', async (_, object) => {
  const answer = await ask<Parameters<typeof rowsOf>[0]>('POST', '/cwl-*/_search', searchOf(object));
  const sorted = (rows: readonly (string | number)[][]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  expect(sorted(rowsOf(answer))).toEqual(sorted(expectedRows[object.id]!));
});

test('free-form objects are found by their members, without fields of their own', async () => {
  const search = (query: string): Promise<{ hits: { total: { value: number } } }> =>
    ask('POST', `/${index}/_search`, { query: { query_string: { query } } });
  expect((await search('requestParameters.instancesSet.items.minCount:1')).hits.total.value).toBe(1);
  const mapping = await ask<Record<string, object>>('GET', `/${index}/_mapping`);
  expect(JSON.stringify(mapping)).not.toContain('instancesSet');
});
