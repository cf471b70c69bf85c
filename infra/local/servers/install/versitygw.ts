import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { installOnce } from './once.ts';

const VERSION = 'v1.8.0';

/** Builds the S3 server (a Go module) once. Returns the path of its binary. */
export async function installVersitygw(): Promise<string> {
  const home = await installOnce(
    `versitygw ${VERSION} (one to five minutes)`,
    `versitygw-${VERSION}`,
    async (folder) => {
      await mkdir(folder, { recursive: true });
      await runCommand('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
        cwd: folder, // away from any go.mod
        env: { ...process.env, GOBIN: folder },
      });
    },
  );
  return join(home, 'versitygw');
}
