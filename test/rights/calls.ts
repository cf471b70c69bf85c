/** What the functions asked of the cluster, and which permissions the node wants for it. */
import { inject } from 'vitest';
import { identityHeaders } from '../../infra/local/servers/security.ts';
import { recordedCalls } from '../stack/stack.ts';

export interface Call {
  /** Physical name of the IAM role. */
  readonly role: string;
  /** The function: `permafrost-start-snapshot`. */
  readonly caller: string;
  readonly method: string;
  readonly path: string;
  /** HTTP. */
  readonly status: number;
}

const isName = (segment: string): boolean => segment !== '' && !segment.startsWith('_');

/** The kind of call that a path is: `/_snapshot/a/b/_restore` is `/_snapshot/{repository}/{snapshot}/_restore`. */
export function kindOf(path: string): string {
  const segments = path.split('/').slice(1);
  const named = (name: (at: number, segment: string) => string | undefined): string =>
    `/${segments.map((segment, at) => name(at, segment) ?? segment).join('/')}`;
  const [first = '', second = ''] = segments;
  if (isName(first)) return named((at) => (at === 0 ? '{index}' : undefined));
  if (first === '_snapshot')
    return named((at, segment) => (isName(segment) ? [undefined, '{repository}', '{snapshot}'][at] : undefined));
  if (first === '_resolve' || (first === '_cluster' && second === 'health'))
    return named((at) => (at === 2 ? '{index}' : undefined));
  if (first === '_cluster' && second === 'state') return named((at) => (at === 3 ? '{index}' : undefined));
  return path;
}

/** Every call to the cluster so far, in order. */
export async function clusterCalls(): Promise<Call[]> {
  return (await recordedCalls()).flatMap(({ action, caller, role, resource, status }) => {
    const [, verb] = /^es:ESHttp(\w+)$/.exec(action) ?? [];
    const [, path] = /:domain\/[^/]+(\/.*)$/.exec(resource ?? '') ?? [];
    if (verb === undefined || path === undefined || caller === null || role === null) return [];
    return [{ role, caller, method: verb.toUpperCase(), path, status }];
  });
}

const nobody = 'arn:aws:iam::000000000000:role/nobody';
/** Where a body is checked before rights are. */
const bodies: readonly (readonly [kind: string, body: object])[] = [
  ['PUT /_snapshot/{repository}', { type: 's3', settings: {} }],
];

/**
 * Makes the call as somebody who has no right at all, and so changes nothing. @returns the permissions that the refusal names:
 * none where the repository is looked for first, and is gone. Undefined where the node has no such API.
 */
export async function askedOfNobody({ method, path }: Pick<Call, 'method' | 'path'>): Promise<string[] | undefined> {
  const body =
    method === 'GET' ? undefined : (bodies.find(([kind]) => kind === `${method} ${kindOf(path)}`)?.[1] ?? {});
  const response = await fetch(new URL(path, inject('nodeUrl')), {
    method,
    headers: {
      'content-type': 'application/json',
      [identityHeaders.user]: nobody,
      [identityHeaders.roles]: nobody,
      [identityHeaders.trusted]: '127.0.0.1',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status === 400 && text.includes('no handler found')) return undefined;
  if (response.status === 404 && text.includes('repository_missing_exception')) return [];
  const [, permissions] = /no permissions for \[([^\]]+)\]/.exec(text) ?? [];
  if (response.status !== 403 || permissions === undefined)
    throw new RangeError(`${method} ${path} was not refused to nobody: ${response.status} ${text}`);
  return permissions.split(', ');
}
