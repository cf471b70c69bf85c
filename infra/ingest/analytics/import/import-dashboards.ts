import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { httpsUrl, secretArn } from '../../../config/places.ts';
import { CommandMisused, main, type Command } from '../../commands/command.ts';
import { roleArn } from '../../config/places.ts';
import { dashboards } from './dashboards.ts';
import { prepareDomain } from './prepare.ts';

const schema = z.object({ url: httpsUrl, secret: secretArn, 'indexer-role': roleArn });

const masterUser = z.object({ username: z.string().min(1), password: z.string().min(1) });

export const importDashboards: Command<typeof schema> = {
  name: 'import-dashboards',
  about:
    'Makes the domain of the CloudTrail analytics ready, once after its deployment and after each update of this project: the mapping\n' +
    'of cwl-*, the role of the indexer, and the dashboards. Comes through the proxy, so run it from an allowed address.',
  schema,
  options: {
    url: { value: 'URL', help: 'https:// and the name that the certificate is for' },
    secret: { value: 'ARN', help: 'of the administrator: output MasterUserSecret' },
    'indexer-role': { value: 'ARN', help: 'of the indexer: output IndexerRoleArn' },
  },
  async run(options, { say }) {
    const { SecretString = '' } = await new SecretsManagerClient({ region: options.secret.split(':')[3]! }).send(
      new GetSecretValueCommand({ SecretId: options.secret }),
    );
    const user = masterUser.safeParse(parse(SecretString));
    if (!user.success) throw new CommandMisused('--secret names a secret without username and password');
    await prepareDomain(dashboards({ url: options.url, ...user.data }), options['indexer-role'], say);
    return 'done';
  },
};

/** Never quotes what it cannot read. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

if (import.meta.main) await main(importDashboards);
