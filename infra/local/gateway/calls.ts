import type { Roles } from '../deploy/roles.ts';
import type { S3Call } from '../servers/s3-proxy/call.ts';
import { JsonLines } from './json-lines.ts';

/** One right that someone made use of. */
export interface RecordedCall {
  /** ISO 8601. */
  time: string;
  accessKeyId: string | null;
  /** Physical name of the role whose key it was; null for the operator's key and for unsigned calls. */
  role: string | null;
  /** Functions, task definitions or state machines that act as this role; one, where each has its own. */
  caller: string | null;
  /** IAM action. */
  action: string;
  /** ARN, or null where the call does not say. */
  resource: string | null;
  /** HTTP status answered. */
  status: number;
  /** What policies have conditions on: prefix of a listing, version, headers of a write. */
  conditions?: Record<string, unknown>;
}

export interface CallFacts {
  accessKeyId: string | null;
  action: string;
  resource: string | null;
  status: number;
  conditions?: Record<string, unknown>;
}

/** Every call to a service, with the role that made it. */
export class Calls {
  readonly #lines: JsonLines<RecordedCall>;
  readonly #roles: Roles;

  constructor(file: string, roles: Roles) {
    this.#lines = new JsonLines(file);
    this.#roles = roles;
  }

  add({ accessKeyId, action, resource, status, conditions }: CallFacts): void {
    const role = accessKeyId === null ? undefined : this.#roles.byAccessKey(accessKeyId);
    this.#lines.add({
      time: new Date().toISOString(),
      accessKeyId,
      role: role?.name ?? null,
      caller: role && role.usedBy.size > 0 ? [...role.usedBy].join(',') : null,
      action,
      resource,
      status,
      ...(conditions && Object.keys(conditions).length > 0 ? { conditions } : {}),
    });
  }

  /** A call that a service makes in the role's name without going over HTTP. */
  addAs(roleArn: string, action: string, resource: string, conditions: Record<string, unknown> = {}): void {
    const accessKeyId = this.#roles.byArn(roleArn)?.credentials.accessKeyId ?? null;
    this.add({ accessKeyId, action, resource, status: 200, conditions });
  }

  addS3({ accessKeyId, action, bucket, key, status, versionId, prefix, createsObject, headers }: S3Call): void {
    const resource = bucket === '' ? '*' : `arn:aws:s3:::${bucket}${key === null ? '' : `/${key}`}`;
    this.add({
      accessKeyId,
      action,
      resource,
      status,
      conditions: {
        ...(versionId === undefined ? {} : { versionId }),
        ...(prefix === undefined ? {} : { prefix }),
        ...(createsObject === undefined ? {} : { createsObject }),
        ...headers,
      },
    });
  }

  text(): string {
    return this.#lines.text();
  }

  all(): RecordedCall[] {
    return this.#lines.all();
  }
}
