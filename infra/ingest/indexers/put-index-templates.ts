import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { openSearchAsk, type Ask } from '../../../ports/opensearch-client.ts';
import { ssmClusterUser } from '../../../ports/ssm-cluster-user.ts';
import { main, type Command, type Outcome, type Terminal } from '../commands/command.ts';
import { turnedOn } from '../commands/options.ts';
import { indexers } from '../config/indexers.ts';
import { subscriptions } from '../config/subscriptions.ts';
import { readSettingsFile } from '../../config/settings-file.ts';
import { templatesFor, type NamedTemplate } from './index-templates.ts';

const schema = z.object({
  config: z.string().min(1, 'must be the path of a settings file').default('ingest.json'),
  endpoint: z.url({ protocol: /^https?$/, error: 'must be the URL of the cluster' }).optional(),
  'user-parameter': z.string().min(1, 'must be the name of a parameter').optional(),
  print: turnedOn,
});

/** Of a settings file, what is needed here. */
const settingsFile = z
  .looseObject({ indexers: indexers.optional(), subscriptions: subscriptions.optional() })
  .refine((parts) => parts.indexers ?? parts.subscriptions, {
    error: 'has neither indexers nor subscriptions; those of analytics are mapped by import-dashboards',
  });

interface ForDomain {
  readonly region: string;
  readonly endpoint: string;
  readonly templates: readonly NamedTemplate[];
}

/** What each domain of a settings file is told: of indexers of objects, and of the indexer of log groups. */
export function templatesOfSettings(settings: z.output<typeof settingsFile>): ForDomain[] {
  const { indexers: objects, subscriptions: groups } = settings;
  const subscribed = groups && {
    prefix: groups.prefix,
    indexers: [{ format: 'cloudwatch-logs-delivered', indexPattern: groups.indexPattern } as const],
  };
  return [
    ...(objects
      ? [{ region: objects.region, endpoint: objects.domain.endpoint, templates: templatesFor(objects) }]
      : []),
    ...(groups && subscribed
      ? [{ region: groups.region, endpoint: groups.domain.endpoint, templates: templatesFor(subscribed) }]
      : []),
  ];
}

const acknowledged = z.object({ acknowledged: z.literal(true) });

/** Puts each template, or one in the place of that of its name. Indices that are there already stay as they are. */
export async function putTemplates(
  templates: readonly NamedTemplate[],
  ask: Ask,
  { say, stop }: Terminal,
): Promise<Outcome> {
  for (const { name, body } of templates) {
    if (stop.aborted) return 'left';
    await ask(acknowledged, { method: 'PUT', path: `/_index_template/${encodeURIComponent(name)}`, body });
    say(`${name}: ${body.index_patterns.join(', ')}`);
  }
  return 'done';
}

/** As the console of Dashboards takes them. */
export const asRequests = (templates: readonly NamedTemplate[]): string =>
  templates.map(({ name, body }) => `PUT _index_template/${name}\n${JSON.stringify(body, undefined, 2)}\n`).join('\n');

export const putIndexTemplates: Command<typeof schema> = {
  name: 'put-index-templates',
  about:
    'Tells the cluster how the indices of the indexers are mapped: an index template for each index pattern of the settings. Before the\n' +
    'first document: an index that is there stays as it is. May be repeated, and has to be after the settings have changed.',
  schema,
  options: {
    config: { value: 'FILE', help: 'the settings file; default ingest.json' },
    endpoint: { value: 'URL', help: 'of the cluster, for all of them; default: as the settings say' },
    'user-parameter': {
      value: 'NAME',
      help: 'a SecureString with user and password; default: requests are signed with your credentials',
    },
    print: { help: 'prints the requests for the console of Dashboards, and sends nothing' },
  },
  async run({ config, endpoint, print, 'user-parameter': parameter }, terminal) {
    const domains = templatesOfSettings(readSettingsFile(config, settingsFile, '--config FILE'));
    if (print) {
      for (const domain of domains) terminal.say(asRequests(domain.templates));
      return 'done';
    }
    for (const { region, templates, ...domain } of domains) {
      const user =
        parameter === undefined ? undefined : await ssmClusterUser(new SSMClient({ region }), parameter).current();
      const ask = openSearchAsk({ endpoint: endpoint ?? domain.endpoint, region, ...(user && { user }) });
      if ((await putTemplates(templates, ask, terminal)) === 'left') return 'left';
    }
    return 'done';
  },
};

if (import.meta.main) await main(putIndexTemplates);
