import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { askUser, type UserAndPassword } from './ask-user.ts';
import { CommandMisused, main, type Command, type Terminal } from './command.ts';

const schema = z.object({
  parameter: z
    .string()
    .regex(/^\/?[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/, 'must be the name of a parameter: /permafrost/cluster-user'),
  key: z
    .string()
    .regex(
      /^(alias\/[a-zA-Z0-9/_-]+|(mrk-)?[0-9a-f-]{32,36}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[a-zA-Z0-9/_-]+)$/,
      'must be a key: its id, its ARN, or alias/NAME',
    ),
});

/** What a parameter of the standard tier takes. */
const mostBytes = 4096;

/** Stores user and password as `ssmClusterUser` reads them, encrypted under the key. */
export async function storeUser(
  ssm: SSMClient,
  { parameter, key }: { readonly parameter: string; readonly key: string },
  { username, password }: UserAndPassword,
  { say }: Pick<Terminal, 'say'>,
): Promise<void> {
  const value = JSON.stringify({ username, password });
  if (Buffer.byteLength(value) > mostBytes)
    throw new CommandMisused(`User and password together may have no more than ${mostBytes} bytes`);
  const { Version } = await ssm.send(
    new PutParameterCommand({
      Name: parameter,
      Description: 'User of the OpenSearch cluster, for the indexers of Permafrost',
      Type: 'SecureString',
      KeyId: key,
      Value: value,
      Overwrite: true,
    }),
  );
  say(`Version ${Version ?? '?'} of ${parameter} is stored under ${key}.`);
  say('The indexers read it within five minutes, or as soon as the cluster refuses what they have.');
}

export const setCredentials: Command<typeof schema> = {
  name: 'set-credentials',
  about:
    'Stores the user and password by which the indexers come to the cluster, as a SecureString under a key. Asks for them, or reads\n' +
    'them from a pipe as two lines; they are never given on the command line, where others could read them.',
  schema,
  options: {
    parameter: { value: 'NAME', help: 'of the parameter, as in the settings of the indexer' },
    key: { value: 'KEY', help: 'id or ARN of the KMS key, or alias/NAME; not the one that AWS manages for SSM' },
  },
  async run(options, terminal) {
    if (/alias\/aws\//.test(options.key))
      throw new CommandMisused('--key must be a key of your own: nobody can be kept from using one that AWS manages');
    const user = await askUser(process.stdin, process.stderr, options.parameter);
    await storeUser(new SSMClient(), options, user, terminal);
    return 'done';
  },
};

if (import.meta.main) await main(setCredentials);
