/** What a visualisation shows, in a line or two; and the form in which OpenSearch Dashboards keeps it. */

export interface Field {
  readonly field: string;
  readonly label: string;
  /** At most so many values, those with the most events first. */
  readonly most: number;
}

export interface Visualisation {
  readonly id: string;
  readonly title: string;
  /** A timeline has a bar for each interval, parted by its field. */
  readonly kind: 'timeline' | 'bars' | 'ring' | 'table' | 'number';
  /** In the syntax of Lucene, which the cluster itself reads; without it, all events. */
  readonly query?: string;
  /** Counted for each value of the first, within it for each of the second, and so on. */
  readonly by: readonly Field[];
}

/** An object as Dashboards exports and imports it. */
export interface SavedObject {
  readonly id: string;
  readonly type: 'index-pattern' | 'visualization' | 'dashboard';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly id: string; readonly type: string; readonly name: string }[];
  readonly migrationVersion: Readonly<Record<string, string>>;
}

/** Part of the objects' addresses, so that an import again replaces them. */
export const indexPatternId = 'permafrost-cwl';

const indexReference = 'kibanaSavedObjectMeta.searchSourceJSON.index';

const types = { timeline: 'histogram', bars: 'horizontal_bar', ring: 'pie', table: 'table', number: 'metric' } as const;

export function visualisationObject({ id, title, kind, query = '', by }: Visualisation): SavedObject {
  const type = types[kind];
  const visState = { title, type, aggs: aggregations(kind, by), params: { type, ...parameters(kind) } };
  return {
    id,
    type: 'visualization',
    attributes: {
      title,
      description: '',
      version: 1,
      visState: JSON.stringify(visState),
      uiStateJSON: '{}',
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query, language: 'lucene' },
          filter: [],
          indexRefName: indexReference,
        }),
      },
    },
    references: [{ id: indexPatternId, type: 'index-pattern', name: indexReference }],
    migrationVersion: { visualization: '7.10.0' },
  };
}

function aggregations(kind: Visualisation['kind'], by: readonly Field[]): object[] {
  const count = { id: '1', enabled: true, type: 'count', schema: 'metric', params: {} };
  const time = {
    id: '2',
    enabled: true,
    type: 'date_histogram',
    schema: 'segment',
    params: { field: '@timestamp', interval: 'auto', min_doc_count: 1, drop_partials: false, extended_bounds: {} },
  };
  const before = kind === 'timeline' ? [count, time] : [count];
  const schema = { timeline: 'group', bars: 'segment', ring: 'segment', table: 'bucket', number: 'group' }[kind];
  const terms = by.map(({ field, label, most }, index) => ({
    id: String(before.length + index + 1),
    enabled: true,
    type: 'terms',
    schema,
    params: {
      field,
      customLabel: label,
      size: most,
      orderBy: '1',
      order: 'desc',
      otherBucket: false,
      missingBucket: false,
    },
  }));
  return [...before, ...terms];
}

function parameters(kind: Visualisation['kind']): object {
  const shown = { addTooltip: true, addLegend: true, legendPosition: 'right' };
  switch (kind) {
    case 'timeline':
      return { ...shown, ...axes('bottom', 'left') };
    case 'bars':
      return { ...shown, addLegend: false, ...axes('left', 'bottom') };
    case 'ring':
      return { ...shown, isDonut: true, labels: { show: false, values: true, last_level: true, truncate: 100 } };
    case 'table':
      return {
        perPage: 10,
        showPartialRows: false,
        showMetricsAtAllLevels: false,
        showTotal: false,
        totalFunc: 'sum',
        percentageCol: '',
      };
    case 'number':
      return {
        addTooltip: true,
        addLegend: false,
        metric: {
          percentageMode: false,
          useRanges: false,
          colorSchema: 'Green to Red',
          metricColorMode: 'None',
          colorsRange: [{ from: 0, to: 10_000 }],
          invertColors: false,
          labels: { show: true },
          style: { bgFill: '#000', bgColor: false, labelColor: false, subText: '', fontSize: 60 },
        },
      };
  }
}

/** @param valuesAt where the values that are counted stand, and where their numbers */
const axes = (valuesAt: 'bottom' | 'left', numbersAt: 'bottom' | 'left'): object => ({
  grid: { categoryLines: false },
  times: [],
  addTimeMarker: false,
  categoryAxes: [
    {
      id: 'CategoryAxis-1',
      type: 'category',
      position: valuesAt,
      show: true,
      style: {},
      scale: { type: 'linear' },
      labels: { show: true, filter: true, truncate: 100 },
      title: {},
    },
  ],
  valueAxes: [
    {
      id: 'ValueAxis-1',
      name: 'ValueAxis',
      type: 'value',
      position: numbersAt,
      show: true,
      style: {},
      scale: { type: 'linear', mode: 'normal' },
      labels: { show: true, rotate: 0, filter: true, truncate: 100 },
      title: { text: 'Events' },
    },
  ],
  seriesParams: [
    {
      show: true,
      type: 'histogram',
      mode: 'stacked',
      data: { label: 'Events', id: '1' },
      valueAxis: 'ValueAxis-1',
      drawLinesBetweenPoints: true,
      lineWidth: 2,
      showCircles: true,
    },
  ],
  labels: {},
  thresholdLine: { show: false, value: 10, width: 1, style: 'full', color: '#E7664C' },
});
