import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { FormatName } from '../../../functions/ingest/formats/index.ts';
import { indexPattern } from '../../../functions/index-pattern.ts';
import type { IndexersSettings } from '../config/indexers.ts';

/** How documents of each format are mapped: a file for each in index-templates/, as OpenSearch takes it. */

const indexTemplate = z.looseObject({
  index_patterns: z.array(z.string()),
  priority: z.number(),
  template: z.looseObject({}),
});

/** Body of `PUT _index_template/<name>`. */
export type IndexTemplate = z.output<typeof indexTemplate>;

export interface NamedTemplate {
  readonly name: string;
  readonly body: IndexTemplate;
}

/** The file of a format. Its own pattern is `<format>-*`. */
export const templateOf = (format: FormatName): IndexTemplate =>
  indexTemplate.parse(JSON.parse(readFileSync(new URL(`index-templates/${format}.json`, import.meta.url), 'utf8')));

/**
 * The templates of all indices that the indexers write: one for each index pattern, named after it. Among patterns that fit one name
 * (`logs-*`, `logs-web-*`) the longer counts: its priority is higher by what it is longer.
 */
export function templatesFor({
  prefix,
  indexers,
}: {
  readonly prefix: string;
  readonly indexers: readonly Pick<IndexersSettings['indexers'][number], 'format' | 'indexPattern'>[];
}): NamedTemplate[] {
  const formats = new Map(indexers.map((each) => [each.indexPattern, each.format]));
  return [...formats].map(([pattern, format]) => {
    const template = templateOf(format);
    const wildcard = indexPattern(pattern).wildcard.replaceAll(/\*+/g, '*');
    return {
      name: `${prefix}-${pattern.toLowerCase()}`,
      body: { ...template, index_patterns: [wildcard], priority: template.priority + wildcard.length },
    };
  });
}
