import { describe, expect, it } from 'vitest';
import { indexTemplate } from '../../../../infra/ingest/analytics/saved-objects/index-template.ts';
import { ndjson, savedObjects } from '../../../../infra/ingest/analytics/saved-objects/saved-objects.ts';
import { expectedRows } from './expected-rows.ts';
import { aggregationsOf, queryOf, shippedObjects, shippedText } from './saved.ts';

const objects = shippedObjects();
const ofType = (type: string): typeof objects => objects.filter((each) => each.type === type);
const visualisations = ofType('visualization');
const fieldsOf = (object: (typeof objects)[number]): string[] =>
  aggregationsOf(object).flatMap(({ params }) => params.field ?? []);

it('the file is what its source makes of it (else: node infra/ingest/analytics/saved-objects/write.ts)', () => {
  expect(shippedText()).toBe(ndjson(savedObjects()));
});

it('there are one index pattern, three dashboards, and at least eight visualisations over all six fields', () => {
  expect(ofType('index-pattern').map(({ attributes }) => attributes)).toEqual([
    { title: 'cwl-*', timeFieldName: '@timestamp' },
  ]);
  expect(ofType('dashboard')).toHaveLength(3);
  expect(visualisations.length).toBeGreaterThanOrEqual(8);
  const fields = visualisations.flatMap(fieldsOf).map((field) => field.split('.')[0]);
  for (const field of ['eventName', 'eventSource', 'userIdentity', 'sourceIPAddress', 'errorCode', 'awsRegion']) {
    expect(fields).toContain(field);
  }
});

it('ids are different, and each visualisation has rows to be held against', () => {
  const ids = objects.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(expectedRows).toSorted()).toEqual(visualisations.map(({ id }) => id).toSorted());
});

it('whatever an object refers to comes before it', () => {
  const before = new Set<string>();
  for (const { id, type, references } of objects) {
    for (const reference of references) expect(before).toContain(`${reference.type}/${reference.id}`);
    before.add(`${type}/${id}`);
  }
});

it('every visualisation stands in a dashboard', () => {
  const shown = ofType('dashboard').flatMap(({ references }) => references.map(({ id }) => id));
  expect(shown.toSorted()).toEqual(visualisations.map(({ id }) => id).toSorted());
});

describe.each(ofType('dashboard').map((each) => [each.attributes['title'] as string, each] as const))(
  '%s',
  (_, each) => {
    const panels = JSON.parse(each.attributes['panelsJSON'] as string) as {
      panelIndex: string;
      panelRefName: string;
      gridData: { x: number; y: number; w: number; h: number; i: string };
    }[];

    it('has a panel for each reference', () => {
      expect(panels.map(({ panelRefName }) => panelRefName)).toEqual(each.references.map(({ name }) => name));
      for (const { panelIndex, gridData } of panels) expect(gridData.i).toBe(panelIndex);
    });

    it('has no panels over each other or over the edge', () => {
      const cells = panels.flatMap(({ gridData: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_cell, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      for (const { gridData } of panels) expect(gridData.x + gridData.w).toBeLessThanOrEqual(48);
    });
  },
);

describe('the mapping of cwl-*', () => {
  type Mapped = { type?: string; properties?: Record<string, Mapped> };
  const find = (path: string): Mapped | undefined => {
    let mapped: Mapped | undefined = indexTemplate.template['mappings'] as Mapped;
    for (const name of path.split('.')) mapped = mapped?.properties?.[name];
    return mapped;
  };

  it('has every field that is counted, in a type that can be', () => {
    for (const field of visualisations.flatMap(fieldsOf)) {
      expect(find(field)?.type, field).toMatch(/^(keyword|date)$/);
    }
  });

  it('has every field that is asked for', () => {
    for (const object of visualisations) {
      const { query, language } = queryOf(object);
      expect(language).toBe('lucene');
      for (const [, field = ''] of query.matchAll(/(?<!_)\b([A-Za-z.]+):/g)) expect(find(field), field).toBeDefined();
      for (const [, field = ''] of query.matchAll(/_exists_:([A-Za-z.]+)/g)) expect(find(field), field).toBeDefined();
    }
  });
});
