import { formatNames } from '../../../functions/ingest/formats/index.ts';
import { templatesFor } from '../../ingest/indexers/index-templates.ts';
import { indexPatternOf } from '../ingest-settings.ts';
import type { Endpoints } from './endpoints.ts';

/** The cluster does not take a template; the message has its answer. */
export class TemplateRefused extends Error {
  override readonly name = 'TemplateRefused';
}

/**
 * Does what the operator does before the first log comes (`npm run put-index-templates`): how the indices of the indexers are mapped.
 * Nothing where no logs are brought in. One node: a replica would stay unassigned.
 */
export async function putIndexTemplates({ opensearch, buckets }: Endpoints): Promise<void> {
  if (opensearch === null || buckets.logs === null) return;
  const indexers = formatNames.map((format) => ({ format, indexPattern: indexPatternOf(format) }));
  for (const { name, body } of templatesFor({ prefix: 'local', indexers })) {
    const settings = { index: { ...settingsOf(body.template), number_of_shards: 2, number_of_replicas: 0 } };
    const response = await fetch(new URL(`/_index_template/${name}`, opensearch), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, template: { ...body.template, settings } }),
    });
    if (!response.ok) throw new TemplateRefused(`${name}: ${response.status} ${await response.text()}`);
  }
}

const settingsOf = ({ settings }: { readonly settings?: unknown }): object =>
  (settings as { index?: object } | undefined)?.index ?? {};
