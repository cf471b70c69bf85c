import { indexPatternId, visualisationObject, type SavedObject, type Visualisation } from './visualisation.ts';
import { activity, denials, logons } from './visualisations.ts';

/** All that Dashboards is given, in the order of import: what others refer to comes first. */
export const savedObjects = (): SavedObject[] => [
  {
    id: indexPatternId,
    type: 'index-pattern',
    attributes: { title: 'cwl-*', timeFieldName: '@timestamp' },
    references: [],
    migrationVersion: { 'index-pattern': '7.6.0' },
  },
  ...[...activity, ...denials, ...logons].map(visualisationObject),
  dashboard('permafrost-activity', 'CloudTrail: activity', activity),
  dashboard('permafrost-denied-and-root', 'CloudTrail: denied calls and root use', denials),
  dashboard('permafrost-logons-to-console', 'CloudTrail: who logged on to the console', logons),
];

/** The form in which Dashboards imports them: an object a line. */
export const ndjson = (objects: readonly SavedObject[]): string =>
  objects.map((each) => `${JSON.stringify(each)}\n`).join('');

function dashboard(id: string, title: string, shown: readonly Visualisation[]): SavedObject {
  const panels = places(shown).map((gridData, index) => ({
    version: '2.19.0',
    gridData: { ...gridData, i: String(index + 1) },
    panelIndex: String(index + 1),
    embeddableConfig: {},
    panelRefName: `panel_${index}`,
  }));
  return {
    id,
    type: 'dashboard',
    attributes: {
      title,
      description: '',
      hits: 0,
      version: 1,
      panelsJSON: JSON.stringify(panels),
      optionsJSON: JSON.stringify({ hidePanelTitles: false, useMargins: true }),
      timeRestore: true,
      timeFrom: 'now-7d',
      timeTo: 'now',
      refreshInterval: { pause: true, value: 0 },
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: '', language: 'lucene' }, filter: [] }),
      },
    },
    references: shown.map((each, index) => ({ id: each.id, type: 'visualization', name: `panel_${index}` })),
    migrationVersion: { dashboard: '7.9.3' },
  };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Of 48 columns: a timeline takes them all, a ring a third, whatever else a half. */
const sizes = {
  timeline: { w: 48, h: 12 },
  bars: { w: 24, h: 15 },
  ring: { w: 16, h: 12 },
  table: { w: 24, h: 15 },
  number: { w: 24, h: 8 },
} as const;

/** From left to right, in rows as high as their highest. */
function places(shown: readonly Visualisation[]): Place[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return shown.map(({ kind }) => {
    const { w, h } = sizes[kind];
    if (x + w > 48) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const place = { x, y, w, h };
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
    return place;
  });
}
