import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startStack } from '../../infra/local/stack.ts';
import { projectStack } from '../../infra/local/stack/command.ts';
import type { Endpoints } from '../../infra/local/stack/endpoints.ts';

declare module 'vitest' {
  interface ProvidedContext {
    endpoints: Endpoints;
    /** The cloud assembly that the stack was deployed from. */
    assembly: string;
    /** Where the OpenSearch node may read repositories of type fs. */
    repositoryPath: string;
  }
}

const local = (path: string): string => fileURLToPath(new URL(`../../.local/${path}`, import.meta.url));

/** Starts the project's own stacks on real servers, once for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const repositoryPath = local('test/repositories');
  const options = await projectStack(
    { fresh: true, timeScale: 0.01, thawSeconds: 1, profile: 'gpg', recipients: 2 },
    () => undefined,
  );
  const stack = await startStack({
    ...options,
    dataDir: local('test/data'),
    endpointsFile: local('test/endpoints.json'),
    openSearch: { repoPath: repositoryPath },
  });
  project.provide('endpoints', stack.endpoints);
  project.provide('assembly', options.assembly);
  project.provide('repositoryPath', repositoryPath);
  return stack.stop;
}
