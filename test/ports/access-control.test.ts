/** The adapter of fine-grained access control, on a server that answers as the plugin does. */
import { afterEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { AccessControl, RoleDocument } from '../../ports/access-control.ts';
import { openSearchAccessControl } from '../../ports/opensearch-access-control.ts';
import { type SecurityPlugin, startSecurityPlugin } from '../support/security-plugin.ts';

let plugin: SecurityPlugin | undefined;
afterEach(() => plugin?.close());

const password = 'correct horse';
const start = async (options?: Parameters<typeof startSecurityPlugin>[0]): Promise<SecurityPlugin> =>
  (plugin = await startSecurityPlugin(options));
const connect = (url: string, given?: string): AccessControl =>
  openSearchAccessControl({
    endpoint: url,
    region: 'eu-central-1',
    ...(given === undefined
      ? { credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }) }
      : { user: { username: 'admin', password: given } }),
  });

const document: RoleDocument = {
  cluster_permissions: ['cluster:monitor/main'],
  index_permissions: [
    { index_patterns: ['logdata-*'], allowed_actions: ['indices:admin/flush'], dls: '', fls: [], masked_fields: [] },
  ],
  tenant_permissions: [],
};

test('a role that is put can be read', async () => {
  const access = connect((await start()).url);
  expect(await access.role('permafrost-archive')).toBeUndefined();
  await access.putRole('permafrost-archive', document);
  expect(await access.role('permafrost-archive')).toEqual(document);
});

test('a role with nulls, as older plugins write them, is read as empty lists', async () => {
  const { url, roles } = await start();
  roles.set('r', {
    cluster_permissions: [],
    index_permissions: [{ index_patterns: ['a'], allowed_actions: ['b'], dls: null, fls: null, masked_fields: null }],
    tenant_permissions: [],
  });
  expect((await connect(url).role('r'))?.index_permissions).toEqual([
    { index_patterns: ['a'], allowed_actions: ['b'], dls: '', fls: [], masked_fields: [] },
  ]);
});

describe('a mapping', () => {
  test('is made where there is none', async () => {
    const { url, mappings } = await start();
    const access = connect(url);
    await access.putRole('r', document);
    expect(await access.backendRoles('r')).toEqual([]);
    await access.addBackendRoles('r', ['one', 'two', 'one']);
    expect(await access.backendRoles('r')).toEqual(['one', 'two']);
    expect(mappings.get('r')).toMatchObject({ users: [], hosts: [] });
  });

  test('never loses anything that is there, and takes nothing twice', async () => {
    const { url, roles, mappings } = await start();
    const access = connect(url);
    const list = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.record({ backend_roles: list, users: list, hosts: list }), list, async (there, added) => {
        roles.set('r', { cluster_permissions: [], index_permissions: [], tenant_permissions: [] });
        mappings.set('r', structuredClone({ ...there, and_backend_roles: ['kept'] }));
        await access.addBackendRoles('r', added);
        await access.addBackendRoles('r', added);
        expect(mappings.get('r')).toEqual({
          ...there,
          and_backend_roles: ['kept'],
          backend_roles: [...new Set([...there.backend_roles, ...added])],
        });
      }),
      { numRuns: 50 },
    );
  });

  test('is not touched by a request when nothing is missing', async () => {
    const { url, roles, mappings, requests } = await start();
    roles.set('r', { cluster_permissions: [], index_permissions: [], tenant_permissions: [] });
    mappings.set('r', { backend_roles: ['one'], users: [], hosts: [], and_backend_roles: [] });
    await connect(url).addBackendRoles('r', ['one']);
    expect(requests.filter(({ asked }) => !asked.startsWith('GET '))).toEqual([]);
  });
});

describe('fine-grained access control', () => {
  test('is there where the plugin answers, though it holds nothing yet', async () => {
    expect(await connect((await start()).url).isEnabled()).toBe(true);
  });

  test("of Elasticsearch's time has another path", async () => {
    const { url, roles } = await start({ api: '/_opendistro/_security/api' });
    const access = connect(url);
    expect(await access.isEnabled()).toBe(true);
    await access.putRole('r', document);
    expect([...roles.keys()]).toEqual(['r']);
  });

  test.each([
    [400, { error: 'no handler found for uri [/_plugins/_security/api/rolesmapping] and method [GET]' }],
    [404, { error: 'not found' }],
    [405, { error: 'Incorrect HTTP method', status: 405 }],
    [403, { Message: "Your request: '/_plugins/_security/api/rolesmapping' is not allowed." }],
    [401, { Message: "Your request: '/_plugins/_security/api/rolesmapping' is not allowed." }],
  ])('is not there where both paths answer %i', async (status, body) => {
    const server = await start();
    server.interfere = () => ({ status, body });
    expect(await connect(server.url).isEnabled()).toBe(false);
  });
});

describe('credentials', () => {
  test('are a signature by default, and a password for an internal user', async () => {
    const { url, requests } = await start();
    await connect(url).isEnabled();
    await connect(url, password).isEnabled();
    expect(requests.map(({ authorization }) => authorization.split(' ')[0])).toEqual(['AWS4-HMAC-SHA256', 'Basic']);
  });

  test.each([
    ['a wrong password', 'wrong', /401/],
    ['a role that may not manage roles', undefined, /403 No permission to access REST API/],
  ])('%s: unusable', async (_, given, message) => {
    const { url } = await start({ password });
    const access = connect(url, given);
    for (const attempt of [access.isEnabled(), access.role('r'), access.putRole('r', document)]) {
      await expect(attempt).rejects.toMatchObject({
        name: 'AdminCredentialsUnusable',
        message: expect.stringMatching(message) as string,
      });
    }
  });

  test('a password is in no error, also where the service repeats the header that it does not like', async () => {
    const server = await start();
    const header = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    const text = `'${header}' not a valid key=value pair (missing equal-sign) in Authorization header; ${password}`;
    server.interfere = () => ({ status: 403, body: { message: text } });
    const error: unknown = await connect(server.url, password)
      .isEnabled()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'AdminCredentialsUnusable' });
    const all = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(all).toContain('not a valid key=value pair');
    expect(all).not.toContain(password);
    expect(all).not.toContain(header.slice('Basic '.length));
    expect(error).not.toHaveProperty('cause');
  });

  test('the name of a role that the plugin reserves is no fault of the credentials', async () => {
    const { url, roles } = await start();
    roles.set('all_access', { cluster_permissions: ['*'], index_permissions: [], tenant_permissions: [] });
    await expect(connect(url).putRole('all_access', document)).rejects.toMatchObject({ name: 'NotAllowed' });
  });
});

test('a busy cluster is busy, not without access control', async () => {
  const server = await start();
  server.interfere = () => ({ status: 503, body: 'Service Unavailable' });
  await expect(connect(server.url).isEnabled()).rejects.toMatchObject({ name: 'ClusterBusy' });
});

test('a document that the plugin does not take is told with its reason', async () => {
  const server = await start();
  const body = { status: 'error', reason: 'Invalid configuration', invalid_keys: { keys: 'cluster_perms' } };
  server.interfere = (asked) => (asked.startsWith('PUT') ? { status: 400, body } : undefined);
  await expect(connect(server.url).putRole('r', document)).rejects.toMatchObject({
    name: 'ClusterAnswerUnknown',
    message: expect.stringContaining('400 Invalid configuration') as string,
  });
});
