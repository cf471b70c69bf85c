import { afterEach, expect, it, vi } from 'vitest';
import { groundworkSource } from '../../../../infra/ingest/analytics/groundwork-function.ts';

/** The function as it stands in the template, with clients that answer as IAM and EC2 do. */

interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly Data?: { readonly SubnetCidrs: string };
  readonly PhysicalResourceId: string;
}

const subnets: Readonly<Record<string, string>> = { 'subnet-a': '10.0.1.0/24', 'subnet-b': '10.0.0.0/24' };
const taken = (service: string): Error =>
  Object.assign(
    new Error(
      `Service role name AWSServiceRoleFor${service} has been taken in this account, please try a different suffix.`,
    ),
    { name: 'InvalidInputException' },
  );

function load(createRole: (service: string) => void): (event: object) => Promise<void> {
  class Command {
    readonly input: Record<string, unknown>;
    constructor(input: Record<string, unknown>) {
      this.input = input;
    }
  }
  const send = {
    '@aws-sdk/client-iam': ({ input }: Command) => createRole(input['AWSServiceName'] as string),
    '@aws-sdk/client-ec2': ({ input }: Command) => ({
      Subnets: (input['SubnetIds'] as string[]).map((id) => ({ CidrBlock: subnets[id] })),
    }),
  };
  const client = (name: keyof typeof send): object => {
    class Client {
      send(command: Command): Promise<unknown> {
        return Promise.resolve().then(() => send[name](command));
      }
    }
    return {
      IAMClient: Client,
      EC2Client: Client,
      CreateServiceLinkedRoleCommand: Command,
      DescribeSubnetsCommand: Command,
    };
  };
  const module = { handler: (_event: object): Promise<void> => Promise.reject(new TypeError('not loaded')) };
  const quiet = { log: () => undefined, error: () => undefined };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is text in the template, and must be run as such
  const run = new Function('require', 'exports', 'console', groundworkSource) as (...given: unknown[]) => void;
  run(client, module, quiet);
  return module.handler;
}

async function run(createRole: (service: string) => void, RequestType = 'Create'): Promise<Answer> {
  const told: Answer[] = [];
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_url: string, { body }: { body: string }) => {
    told.push(JSON.parse(body) as Answer);
    return Promise.resolve({ ok: true });
  });
  const done = load(createRole)({
    RequestType,
    ResponseURL: 'https://answer.example.test/',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Groundwork',
    ResourceProperties: { SubnetIds: ['subnet-a', 'subnet-b'], Services: ['opensearchservice', 'ecs'] },
  });
  await vi.runAllTimersAsync();
  await done;
  expect(told).toHaveLength(1);
  return told[0]!;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('makes the roles that are missing, waits until they are known, and tells the ranges of the subnets', async () => {
  const made: string[] = [];
  const began = Date.now();
  const answer = await run((service) => void made.push(service));
  expect(made).toEqual(['opensearchservice', 'ecs']);
  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { SubnetCidrs: '10.0.0.0/24,10.0.1.0/24' } });
  expect(Date.now() - began).toBeGreaterThanOrEqual(15_000);
});

it('takes a role that exists for made', async () => {
  const answer = await run((service) => {
    throw taken(service);
  });
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Groundwork' });
});

it('fails on any other refusal, and says which', async () => {
  const answer = await run(() => {
    throw Object.assign(new Error('Invalid service name'), { name: 'InvalidInputException' });
  });
  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Invalid service name') as string });
});

it('leaves the roles when the stack goes', async () => {
  const answer = await run(() => {
    throw new TypeError('must not be asked');
  }, 'Delete');
  expect(answer.Status).toBe('SUCCESS');
  expect(answer.Data).toBeUndefined();
});

it('is short enough to stand in a template', () => {
  expect(groundworkSource.length).toBeLessThanOrEqual(4096);
});
