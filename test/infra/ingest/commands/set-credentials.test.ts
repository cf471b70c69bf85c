import { PassThrough, Readable } from 'node:stream';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { askUser, type UserAndPassword } from '../../../../infra/ingest/commands/ask-user.ts';
import { storeUser } from '../../../../infra/ingest/commands/set-credentials.ts';
import { ssmClusterUser } from '../../../../ports/ssm-cluster-user.ts';
import { keptTerminal } from './terminal.ts';

const place = { parameter: '/permafrost/user', key: 'alias/logs' };

describe('user and password', () => {
  const mock = mockClient(SSMClient);
  beforeEach(() => void mock.reset());
  const ssm = new SSMClient({ region: 'eu-west-1' });

  test('are stored under the key as the indexers read them, and never said', async () => {
    const user = { username: 'indexer', password: 'päss"word\\' };
    mock.on(PutParameterCommand).resolves({ Version: 3 });
    const terminal = keptTerminal();
    await storeUser(ssm, place, user, terminal);

    const { input } = mock.commandCalls(PutParameterCommand)[0]!.args[0];
    expect(input).toMatchObject({
      Name: '/permafrost/user',
      Type: 'SecureString',
      KeyId: 'alias/logs',
      Overwrite: true,
    });
    mock.on(GetParameterCommand).resolves({ Parameter: { Value: input.Value! } });
    expect(await ssmClusterUser(ssm, '/permafrost/user').current()).toEqual(user);
    expect(terminal.lines.join('\n')).toContain('Version 3 of /permafrost/user');
    expect(terminal.lines.join('\n')).not.toContain('word');
  });

  test('are refused where a parameter has no room for them', async () => {
    const user = { username: 'indexer', password: 'x'.repeat(4096) };
    await expect(storeUser(ssm, place, user, keptTerminal())).rejects.toMatchObject({ name: 'CommandMisused' });
    expect(mock.calls()).toHaveLength(0);
  });
});

describe('from a pipe', () => {
  const ask = (text: string): Promise<UserAndPassword> =>
    askUser(Readable.from([Buffer.from(text)]), new PassThrough(), '/a');

  test.each(['indexer\nsecret\n', 'indexer\r\nsecret\r\n', 'indexer\nsecret'])(
    'two lines are taken (%j)',
    async (text) => {
      expect(await ask(text)).toEqual({ username: 'indexer', password: 'secret' });
    },
  );

  test.each(['', 'indexer', 'indexer\nsecret\nmore', '\nsecret', 'index:er\nsecret', 'indexer\n', 'a\nsecret\u0007'])(
    'anything else is refused without quoting it (%j)',
    async (text) => {
      const refusal: unknown = await ask(text).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ name: 'CommandMisused' });
      expect(String(refusal)).not.toContain('secret');
    },
  );
});

describe('at a terminal', () => {
  /** Types each answer when its question has come. */
  async function type(answers: readonly string[]): Promise<{ user: Promise<UserAndPassword>; shown: () => string }> {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    let shown = '';
    const questions = ['User: ', 'shown): ', 'again: '];
    let asked = 0;
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      const question = questions[asked];
      if (question === undefined || !shown.includes(question)) return;
      const answer = answers[asked++];
      if (answer !== undefined) setImmediate(() => input.write(answer));
    });
    const user = askUser(input, output, '/permafrost/user');
    await user.catch(() => undefined);
    return { user, shown: () => shown };
  }

  test('the password is asked for twice and not shown', async () => {
    const { user, shown } = await type(['indexer\r', 'secret\r', 'secret\r']);
    expect(await user).toEqual({ username: 'indexer', password: 'secret' });
    expect(shown()).toContain('/permafrost/user');
    expect(shown()).not.toContain('secret');
  });

  test('two different passwords are refused', async () => {
    const { user } = await type(['indexer\r', 'secret\r', 'secert\r']);
    await expect(user).rejects.toThrow('The passwords differ');
  });

  test('Ctrl-C ends it', async () => {
    const { user } = await type(['indexer\r', 'sec\u0003']);
    await expect(user).rejects.toThrow('Cancelled');
  });
});
