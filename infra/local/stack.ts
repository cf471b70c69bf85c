import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { callJson, readContainerSecret, serviceClients } from './deploy/clients.ts';
import { checkTypes, deploy, type Outputs } from './deploy/deploy.ts';
import type { LocalCloud } from './deploy/local-cloud.ts';
import { PhysicalIds } from './deploy/physical-ids.ts';
import { type Credentials, credentialsFor, Roles } from './deploy/roles.ts';
import { Calls } from './gateway/calls.ts';
import { startGateway } from './gateway/gateway.ts';
import { Notifications } from './gateway/notifications.ts';
import { startOpenSearchProxy } from './gateway/opensearch-proxy.ts';
import { lockData } from './stack/data-lock.ts';
import { type Endpoints, removeEndpoints, resourcesOf, writeEndpoints } from './stack/endpoints.ts';
import { createS3Users } from './stack/s3-users.ts';
import { type ExternalServers, type OpenSearchSettings, startServers } from './stack/servers.ts';
import { putPrivateKey } from './stack/private-key.ts';
import { signingKeyFingerprint } from './stack/signing-key.ts';
import { domainRoles } from './stack/snapshot-role.ts';
import type { S3Call } from './servers/s3-proxy/call.ts';
import { createRuntime } from './runtime/runtime.ts';
import type { StatesService } from './states/service.ts';
import { readAssemblies } from './template/assembly.ts';
import { account, region } from './template/scope.ts';

export interface StackOptions {
  /** Cloud assembly directories, as `cdk synth` writes them, in the order of deployment. */
  assemblies: readonly string[];
  dataDir: string;
  /** Empties the data directory first. */
  fresh?: boolean;
  /** What Wait states and retry delays are multiplied by; default 0.01. */
  timeScale?: number;
  /** From RestoreObject to the restored copy; default 3. */
  thawSeconds?: number;
  /** False: no node is started. */
  openSearch?: OpenSearchSettings | false;
  /** The domain that the local node stands for: its endpoint wherever the template has it, and its ARN in recorded calls. */
  domain?: { endpoint: string; arn: string };
  /** Stands in the template for the fingerprint of the signing key, which is known only once the key is deployed. */
  signingKeyPlaceholder?: string;
  external?: ExternalServers;
  /** Written once all is ready, removed at the stop. */
  endpointsFile?: string;
  /** What an operator does with the cluster once it is up, before the first log is brought in. */
  prepareCluster?: (endpoints: Endpoints) => Promise<void>;
  keys?: Endpoints['keys'];
  progress?: (line: string) => void;
}

export interface Stack {
  endpoints: Endpoints;
  outputs: Outputs;
  calls: Calls;
  notifications: Notifications;
  states: StatesService;
  roles: Roles;
  stop: () => Promise<void>;
}

/** The operator: root of the S3 server, and whoever drives the stack with `endpoints.credentials`. */
const OPERATOR: Readonly<Credentials> = { accessKeyId: 'local-operator', secretAccessKey: 'local-operator-secret' };

/** Starts the servers, deploys the assemblies into them, and serves it until `stop`. A failed start leaves nothing running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const progress = options.progress ?? ((): void => undefined);
  const external = options.external ?? {};
  const assembly = readAssemblies(options.assemblies);
  checkTypes(assembly.stacks); // before anything starts
  const unlock = lockData(dataDir);
  if (options.endpointsFile) removeEndpoints(options.endpointsFile);
  if (options.fresh) rmSync(dataDir, { recursive: true, force: true });

  const operator = external.s3 === undefined ? { ...OPERATOR } : externalCredentials();
  const roles = new Roles(external.s3 === undefined ? undefined : operator);
  const calls = new Calls(join(dataDir, 'calls.jsonl'), roles);
  const notifications = new Notifications(join(dataDir, 'notifications.jsonl'));
  const timeScale = options.timeScale ?? 0.01;
  const stopping: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    if (options.endpointsFile) removeEndpoints(options.endpointsFile);
    const failures: unknown[] = [];
    for (const step of stopping.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
    unlock();
    if (failures.length > 0) throw failures[0];
  };
  try {
    const rolesOfDomain = domainRoles(assembly.stacks);
    const snapshotUser =
      external.s3 === undefined ? credentialsFor(rolesOfDomain[0]?.name ?? 'opensearch-snapshots') : operator;
    /** The node has one key; in the cloud the domain takes the role that a repository names for its bucket. */
    const asDomain = (call: S3Call): S3Call => {
      const role = rolesOfDomain.find(({ knows }) => knows(call.bucket));
      const isOfNode = external.s3 === undefined && call.accessKeyId === snapshotUser.accessKeyId;
      return isOfNode && role ? { ...call, accessKeyId: credentialsFor(role.name).accessKeyId } : call;
    };
    const servers = await startServers({
      dataDir,
      operator,
      snapshotUser,
      thawSeconds: options.thawSeconds ?? 3,
      openSearch: options.openSearch ?? {},
      external,
      onS3Call: (call) => calls.addS3(asDomain(call)),
      progress,
    });
    stopping.push(servers.stop);

    const gateway = await startGateway({
      upstream: servers.aws,
      runtime: () => runtime,
      ...{ timeScale, calls, notifications },
    });
    stopping.push(gateway.stop);
    const endpoints = { aws: gateway.url, s3: servers.s3 };
    let node: string | null = null;
    const domain = options.domain ?? { endpoint: '', arn: `arn:aws:es:${region}:${account}:domain/local` };
    const hasSecurity = options.openSearch !== false && options.openSearch?.security !== undefined;
    const openSearchProxy = await startOpenSearchProxy({
      upstream: () => node ?? 'http://127.0.0.1:9',
      domainArn: domain.arn,
      calls,
      ...(hasSecurity && { roleOf: (accessKeyId) => roles.byAccessKey(accessKeyId)?.arn }),
    });
    stopping.push(openSearchProxy.stop);
    const runtime = createRuntime({
      ...{ timeScale, roles, calls, operator },
      logs: join(dataDir, 'logs'),
      historyDir: join(dataDir, 'executions'),
      addresses: { gateway: gateway.url, aws: servers.aws, s3: servers.s3 },
    });
    stopping.push(runtime.close);

    const clients = serviceClients(
      { aws: servers.aws, s3: servers.s3 },
      { ...operator },
    ); /* the SDK marks what it is given */
    const credentialsOf = (roleArn: string | undefined): Credentials | undefined =>
      roles.byArn(roleArn ?? '')?.credentials;
    const replaced = new Map(domain.endpoint === '' ? [] : [[domain.endpoint, openSearchProxy.url]]);
    const cloud: LocalCloud = {
      ...runtime,
      assembly,
      physicalIds: new PhysicalIds(join(dataDir, 'physical-ids.json')),
      roles,
      clients,
      ssm: (action, input) => callJson(servers.aws, `AmazonSSM.${action}`, input, operator),
      awsEnvironment: (roleArn) => awsEnvironment(endpoints, credentialsOf(roleArn)),
      throughGateway: (url) => new URL(new URL(url).pathname, gateway.url).href,
      localize: (value) => [...replaced].reduce((text, [from, to]) => text.replaceAll(from, to), value),
      readSecret: (valueFrom, roleArn) =>
        readContainerSecret(valueFrom, endpoints.aws, credentialsOf(roleArn) ?? operator),
    };
    const pinSigningKey = async (deployed: Outputs): Promise<void> => {
      const { signingKeyPlaceholder: placeholder } = options;
      const keyArn = deployed.get('SigningKeyArn');
      if (placeholder === undefined || keyArn === undefined || replaced.has(placeholder)) return;
      replaced.set(placeholder, await signingKeyFingerprint(clients.kms, keyArn));
    };
    const outputs = await deploy(assembly.stacks, cloud, pinSigningKey)
      .then(async (all) => {
        await putPrivateKey(clients.secrets, all, options.keys);
        return all;
      })
      .finally(() => clients.close());
    for (const role of roles.all()) {
      if (rolesOfDomain.some(({ name }) => name === role.name)) role.usedBy.add('opensearch');
    }
    const callers = roles.all().filter(({ usedBy }) => usedBy.size > 0);
    const users = [snapshotUser, ...callers.map(({ credentials }) => credentials)];
    await createS3Users(servers.createS3User, users, join(dataDir, 's3-users.json'));
    progress(`Deployed ${assembly.stacks.map(({ name }) => name).join(', ')}`);
    node = await servers.openSearch;

    const result: Endpoints = {
      opensearch: node,
      s3: servers.s3,
      aws: gateway.url,
      states: gateway.url,
      ecs: gateway.url,
      region,
      ...resourcesOf(outputs),
      credentials: operator,
      keys: options.keys ?? { recipientPrivate: null, passphrase: null },
    };
    await options.prepareCluster?.(result);
    runtime.mappings.start();
    if (options.endpointsFile) writeEndpoints(options.endpointsFile, result);
    return { endpoints: result, outputs, calls, notifications, states: runtime.states, roles, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As in the cloud, where the runtime provides region and credentials; endpoints replace what DNS would say. */
function awsEnvironment(
  endpoints: { aws: string; s3: string },
  credentials: Credentials | undefined,
): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoints.aws,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(credentials && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
  };
}

function externalCredentials(): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId = 'test', AWS_SECRET_ACCESS_KEY: secretAccessKey = 'test' } = process.env;
  return { accessKeyId, secretAccessKey };
}

if (import.meta.main) {
  const { runStackCommand } = await import('./stack/command.ts');
  process.exit(await runStackCommand(process.argv.slice(2), startStack));
}
