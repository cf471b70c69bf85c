import { createHash } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Role {
  /** Physical name. */
  name: string;
  arn: string;
  credentials: Credentials;
  /** Functions, task definitions and state machines that act as it. */
  usedBy: Set<string>;
}

/** The template's roles. Nothing is enforced; each has its own access key, so that every recorded call names its role. */
export class Roles {
  readonly #byArn = new Map<string, Role>();
  readonly #byKey = new Map<string, Role>();
  readonly #shared: Credentials | undefined;

  /** `shared`: credentials of a server that is not ours, where no keys can be made; all roles then use them. */
  constructor(shared?: Credentials) {
    this.#shared = shared;
  }

  add(name: string, arn: string): Role {
    const role: Role = { name, arn, credentials: this.#shared ?? credentialsFor(name), usedBy: new Set() };
    this.#byArn.set(arn, role);
    this.#byKey.set(role.credentials.accessKeyId, role);
    return role;
  }

  byArn(arn: string): Role | undefined {
    return this.#byArn.get(arn);
  }

  byAccessKey(accessKeyId: string): Role | undefined {
    return this.#byKey.get(accessKeyId);
  }

  /** The role that a function, task definition or state machine of this name acts as. */
  of(user: string): Role | undefined {
    return this.all().find(({ usedBy }) => usedBy.has(user));
  }

  all(): Role[] {
    return [...this.#byArn.values()];
  }

  usedBy(roleArn: string | undefined, user: string): void {
    if (roleArn !== undefined) this.#byArn.get(roleArn)?.usedBy.add(user);
  }
}

/** The same at each start, because the S3 server keeps its users. They open nothing but servers on this machine. */
export function credentialsFor(roleName: string): Credentials {
  const digest = createHash('sha256').update(`permafrost local role ${roleName}`).digest('hex');
  return { accessKeyId: `AKIA${digest.slice(0, 16).toUpperCase()}`, secretAccessKey: digest.slice(16, 56) };
}
