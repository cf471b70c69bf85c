/** Answers as the REST API of the security plugin of OpenSearch 3.4.0 does; the bodies are its own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StoredMapping {
  backend_roles: string[];
  users: string[];
  hosts: string[];
  and_backend_roles: string[];
}
export interface StoredRole {
  cluster_permissions: string[];
  index_permissions: object[];
  tenant_permissions: object[];
}

export interface SecurityPlugin {
  readonly url: string;
  readonly roles: Map<string, StoredRole>;
  readonly mappings: Map<string, StoredMapping>;
  /** Method and path of each request, and who asked. */
  readonly requests: { readonly asked: string; readonly authorization: string }[];
  /** Answers instead of the plugin; undefined leaves it to the plugin. */
  interfere: ((asked: string) => { status: number; body: unknown } | undefined) | undefined;
  close(): Promise<void>;
}

const noRight = {
  status: 'FORBIDDEN',
  message:
    'No permission to access REST API: User arn:x with Security roles [] does not have any role privileged for admin access. No ssl info found in request.',
};

/** @param options api: where it is served; password: of `admin`, whom it then asks for. */
export async function startSecurityPlugin({
  api = '/_plugins/_security/api',
  password,
}: { readonly api?: string; readonly password?: string } = {}): Promise<SecurityPlugin> {
  const [roles, mappings] = [new Map<string, StoredRole>(), new Map<string, StoredMapping>()];
  const requests: { asked: string; authorization: string }[] = [];
  const basic = password === undefined ? undefined : `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const kinds: Readonly<Record<string, Map<string, object>>> = { roles, rolesmapping: mappings };

  const answer = (method: string, path: string, body: string): { status: number; body: unknown } => {
    const [, kind = '', encoded = ''] = /^\/(\w+)(?:\/(.+))?$/.exec(path.slice(api.length)) ?? [];
    const stored = path.startsWith(api) ? kinds[kind] : undefined;
    if (!stored) return { status: 400, body: { error: `no handler found for uri [${path}] and method [${method}]` } };
    const name = decodeURIComponent(encoded);
    const missing = (of: string): { status: number; body: unknown } => ({
      status: 404,
      body: { status: 'NOT_FOUND', message: `${of} '${name}' not found.` },
    });
    const there = stored.get(name);
    if (method === 'GET') {
      if (name === '') return { status: 200, body: shown(stored) };
      return there ? { status: 200, body: shown(new Map([[name, there]])) } : missing(kind === 'roles' ? 'role' : kind);
    }
    if (stored === mappings && !roles.has(name)) return missing('role');
    if (name === 'all_access')
      return { status: 403, body: { status: 'FORBIDDEN', message: `Resource '${name}' is static.` } };
    if (method === 'PATCH') {
      if (!there) return missing(kind);
      for (const { op, path: at, value } of JSON.parse(body) as { op: string; path: string; value: string }[]) {
        if (op !== 'add' || at !== '/backend_roles/-')
          return { status: 400, body: { status: 'error', reason: 'Invalid JSON patch' } };
        (there as StoredMapping).backend_roles.push(value);
      }
      return { status: 200, body: { status: 'OK', message: `'${name}' updated.` } };
    }
    const empty = stored === mappings ? { backend_roles: [], users: [], hosts: [], and_backend_roles: [] } : {};
    stored.set(name, { ...empty, ...(JSON.parse(body) as object) });
    return there
      ? { status: 200, body: { status: 'OK', message: `'${name}' updated.` } }
      : { status: 201, body: { status: 'CREATED', message: `'${name}' created.` } };
  };

  const plugin: Omit<SecurityPlugin, 'url' | 'close'> = { roles, mappings, requests, interfere: undefined };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url = '' } = request;
      const { authorization = '' } = request.headers;
      requests.push({ asked: `${method} ${url}`, authorization });
      const interfered = plugin.interfere?.(`${method} ${url}`);
      if (interfered) {
        send(response, interfered.status, interfered.body);
        return;
      }
      if (basic !== undefined && authorization !== basic) {
        const isPassword = authorization.startsWith('Basic ');
        send(response, isPassword ? 401 : 403, isPassword ? 'Unauthorized' : noRight);
        return;
      }
      const { status, body: content } = answer(method, url, body);
      send(response, status, content);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(plugin, { url, close: () => closed(server) });
}

const shown = (stored: ReadonlyMap<string, object>): object =>
  Object.fromEntries([...stored].map(([name, entry]) => [name, { reserved: false, hidden: false, ...entry }]));

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === 'string';
  response
    .writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
    .end(isText ? body : JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
