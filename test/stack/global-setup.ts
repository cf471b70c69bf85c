import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startStack } from '../../infra/local/stack.ts';
import { projectStack } from '../../infra/local/stack/command.ts';
import type { Endpoints } from '../../infra/local/stack/endpoints.ts';

declare module 'vitest' {
  interface ProvidedContext {
    endpoints: Endpoints;
    /** `.local/endpoints.json` of an ordinary stack. */
    endpointsFile: string;
    /** The cloud assemblies that the stack was deployed from. */
    assemblies: string[];
    /** What each resource of the templates became, by `<stack>/<logical id>/<type>`. */
    physicalIdsFile: string;
    /** Where the OpenSearch node may read repositories of type fs. */
    repositoryPath: string;
  }
}

/** Not that of `npm start`: both may run at the same time. */
const directory = fileURLToPath(new URL('../../.local/test', import.meta.url));

/** Starts the project's own stacks on real servers, once for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const repositoryPath = join(directory, 'data/repositories');
  const lines: string[] = [];
  const options = await projectStack(
    { fresh: true, timeScale: 0.01, thawSeconds: 1, profile: 'gpg', recipients: 2 },
    (line) => lines.push(line),
    directory,
    {
      snapshots: {
        indices: ['schedule-*'],
        retention: { unit: 'days', count: 14, minimumCount: 2, maximumCount: 3 },
      },
    },
  );
  const stack = await startStack({ ...options, openSearch: { repoPath: repositoryPath } }).catch((cause: unknown) => {
    throw new Error(`The stack did not start; it got as far as: ${lines.join('; ')}`, { cause });
  });
  project.provide('endpoints', stack.endpoints);
  project.provide('endpointsFile', options.endpointsFile!);
  project.provide('assemblies', [...options.assemblies]);
  project.provide('physicalIdsFile', join(options.dataDir, 'physical-ids.json'));
  project.provide('repositoryPath', repositoryPath);
  return stack.stop;
}
