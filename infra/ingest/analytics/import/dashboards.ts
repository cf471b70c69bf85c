/** OpenSearch Dashboards, behind the proxy: the only way to the domain from outside. */
export interface Dashboards {
  /**
   * Asks the cluster itself, as the console of Dashboards does.
   * @param body JSON; without it, none
   * @returns the answer's JSON; undefined when there is no such thing (404)
   * @throws DashboardsRefused
   */
  readonly ask: (method: 'GET' | 'PUT', path: string, body?: object) => Promise<unknown>;
  /**
   * Imports saved objects for all users, over those of the same ids.
   * @param objects one a line
   * @returns how many
   * @throws DashboardsRefused, also when only some were taken
   */
  readonly importObjects: (objects: string) => Promise<number>;
}

/** Dashboards, the proxy before it or the cluster behind it answered with a refusal; or nothing answered. */
export class DashboardsRefused extends Error {
  override readonly name = 'DashboardsRefused';
}

const mostQuoted = 300;

export interface DashboardsAccess {
  /** With or without `/_dashboards`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export function dashboards({ url, username, password }: DashboardsAccess): Dashboards {
  const base = `${new URL(url).origin}/_dashboards`;
  const headers = {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    // Without it every request that changes something is refused.
    'osd-xsrf': 'true',
    // Else the objects would be the administrator's own.
    securitytenant: 'global',
  };
  const post = async (path: string, what: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${base}${path}`, {
      ...init,
      method: 'POST',
      headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
      redirect: 'error',
      signal: AbortSignal.timeout(60_000),
    }).catch((cause: unknown) => {
      const reason = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : '';
      throw new DashboardsRefused(`${what}: no answer from ${base} (${reason})`, { cause });
    });
    if (response.ok || response.status === 404) return response;
    const text = (await response.text()).slice(0, mostQuoted);
    const hint = hints[response.status];
    throw new DashboardsRefused(`${what}: ${response.status}${hint === undefined ? '' : ` (${hint})`}: ${text}`);
  };
  return {
    async ask(method, path, body) {
      const query = new URLSearchParams({ path, method }).toString();
      const response = await post(`/api/console/proxy?${query}`, `${method} ${path}`, {
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status !== 404) return json(text);
      // The cluster answers in JSON, the proxy and Dashboards' own router about another matter.
      if (method === 'GET' && isMissing(json(text))) return undefined;
      throw new DashboardsRefused(`${method} ${path}: 404: ${text.slice(0, mostQuoted)}`);
    },

    async importObjects(objects) {
      const form = new FormData();
      form.set('file', new File([objects], 'cloudtrail.ndjson', { type: 'application/ndjson' }));
      const response = await post('/api/saved_objects/_import?overwrite=true', 'The import', { body: form });
      const text = await response.text();
      const answer = json(text) as { success?: unknown; successCount?: unknown } | undefined;
      if (answer?.success !== true || typeof answer.successCount !== 'number') {
        throw new DashboardsRefused(`The import: ${text.slice(0, mostQuoted)}`);
      }
      return answer.successCount;
    },
  };
}

const hints: Readonly<Record<number, string>> = {
  401: 'user and password of the secret are not those of the domain',
  403: 'the address is not in the list, or the user is no administrator',
};

const isMissing = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && (answer as { status?: unknown }).status === 'NOT_FOUND';

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
