import { indexTemplate, templateName } from '../saved-objects/index-template.ts';
import { ndjson, savedObjects } from '../saved-objects/saved-objects.ts';
import { DashboardsRefused, type Dashboards } from './dashboards.ts';

/** The role of the cluster that the indexer has. */
export const indexerRoleName = 'permafrost-index-cloudwatch-logs';

/** To create documents in `cwl-*`, and the indices of new days by that; nothing is read, replaced or deleted. */
export const indexerRole = {
  cluster_permissions: ['indices:data/write/bulk'],
  index_permissions: [
    {
      index_patterns: ['cwl-*'],
      allowed_actions: ['indices:admin/create', 'indices:data/write/bulk*', 'indices:data/write/index'],
    },
  ],
} as const;

const security = '/_plugins/_security/api';

/**
 * Makes a new domain ready: how `cwl-*` is mapped, who writes it, what Dashboards shows. Twice is as good as once. The role comes after
 * the mapping: until then nothing is indexed, so that no index is without it.
 * @param indexerRoleArn of the indexer's function
 */
export async function prepareDomain(
  { ask, importObjects }: Dashboards,
  indexerRoleArn: string,
  say: (line: string) => void,
): Promise<void> {
  await ask('PUT', `/_index_template/${templateName}`, indexTemplate);
  say('cwl-* is mapped.');
  await ask('PUT', `${security}/roles/${indexerRoleName}`, indexerRole);
  await addMember(ask, indexerRoleArn);
  say(`${indexerRoleArn} may write it.`);
  const objects = savedObjects();
  const taken = await importObjects(ndjson(objects));
  if (taken !== objects.length) throw new DashboardsRefused(`Of ${objects.length} objects, ${taken} were imported`);
  const count = (type: string): number => objects.filter((each) => each.type === type).length;
  say(`Dashboards has ${count('dashboard')} dashboards with ${count('visualization')} visualisations.`);
}

/** Who has the role keeps it. */
async function addMember(ask: Dashboards['ask'], arn: string): Promise<void> {
  const path = `${security}/rolesmapping/${indexerRoleName}`;
  const answer = (await ask('GET', path)) as Record<string, Mapping> | undefined;
  const { backend_roles = [], users = [], hosts = [] } = answer?.[indexerRoleName] ?? {};
  if (backend_roles.includes(arn)) return;
  await ask('PUT', path, { backend_roles: [...backend_roles, arn], users, hosts });
}

interface Mapping {
  readonly backend_roles?: readonly string[];
  readonly users?: readonly string[];
  readonly hosts?: readonly string[];
}
