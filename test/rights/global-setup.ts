import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { forward } from '../../infra/local/gateway/forward.ts';
import { type LocalServer, serve } from '../../infra/local/gateway/server.ts';
import { basicAuthorization } from '../../infra/local/servers/opensearch.ts';
import type { AdminUser } from '../../infra/local/servers/security.ts';
import { startStack } from '../../infra/local/stack.ts';
import { projectStack } from '../../infra/local/stack/command.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The node itself, where `x-proxy-user` and `x-proxy-roles` say who asks. */
    nodeUrl: string;
    admin: AdminUser;
  }
}

/** A third stack, beside that of `npm start` and that of the other tests. */
const directory = fileURLToPath(new URL('../../.local/rights', import.meta.url));

/** Starts the project's stacks on a node with fine-grained access control, where no function has a right yet. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const admin = { username: 'admin', password: randomUUID() };
  const lines: string[] = [];
  const options = await projectStack(
    { fresh: true, timeScale: 0.01, thawSeconds: 1, profile: 'gpg', recipients: 1, ingest: false },
    (line) => lines.push(line),
    directory,
    // One is kept, so that the second execution deletes one.
    { snapshots: { retention: { unit: 'days', count: 14, minimumCount: 1, maximumCount: 1 } } },
  );
  const stack = await startStack({ ...options, openSearch: { security: { admin } } }).catch((cause: unknown) => {
    throw new Error(`The stack did not start; it got as far as: ${lines.join('; ')}`, { cause });
  });
  const nodeUrl = stack.endpoints.opensearch!;
  const asAdmin = await passOnAs(admin, nodeUrl);
  // What the tests themselves ask, they ask as the administrator.
  project.provide('endpoints', { ...stack.endpoints, opensearch: asAdmin.url });
  project.provide('endpointsFile', options.endpointsFile!);
  project.provide('assemblies', [...options.assemblies]);
  project.provide('physicalIdsFile', join(options.dataDir, 'physical-ids.json'));
  project.provide('nodeUrl', nodeUrl);
  project.provide('admin', admin);
  return async () => {
    await asAdmin.stop();
    await stack.stop();
  };
}

function passOnAs(admin: AdminUser, nodeUrl: string): Promise<LocalServer> {
  return serve(async (incoming, response) => {
    incoming.headers = { ...incoming.headers, authorization: basicAuthorization(admin) };
    await forward(incoming, response, nodeUrl);
  });
}
