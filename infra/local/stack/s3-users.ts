import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Credentials } from '../deploy/roles.ts';

const AT_ONCE = 4;

/** Gives each of them access to the S3 server, unless an earlier start over the same data did: each takes a process. */
export async function createS3Users(
  create: (user: Credentials) => Promise<void>,
  users: readonly Credentials[],
  file: string,
): Promise<void> {
  const known = new Set<string>(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []);
  const missing = [...new Map(users.map((user) => [user.accessKeyId, user])).values()].filter(
    ({ accessKeyId }) => !known.has(accessKeyId),
  );
  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const user of queue) await create(user);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  writeFileSync(file, JSON.stringify([...known, ...missing.map(({ accessKeyId }) => accessKeyId)]));
}
