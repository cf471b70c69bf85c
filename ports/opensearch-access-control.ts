/** Fine-grained access control by the REST API of the OpenSearch security plugin. */
import { errors } from '@opensearch-project/opensearch';
import { z } from 'zod';
import { AdminCredentialsUnusable, type NamedError, NotAllowed, PermafrostError } from '../workflow/errors.ts';
import type { AccessControl } from './access-control.ts';
import {
  type Ask,
  type InternalUser,
  names,
  openSearchAsk,
  type OpenSearchOptions,
  type Question,
} from './opensearch-client.ts';
import { isRouteMissing } from './opensearch-errors.ts';

/** OpenSearch; the domains of Elasticsearch's time. */
const apis = ['/_plugins/_security/api', '/_opendistro/_security/api'] as const;

const list = z
  .array(z.string())
  .nullish()
  .transform((items) => items ?? []);
const roleSchema = z.object({
  cluster_permissions: list,
  index_permissions: z
    .array(
      z.object({
        index_patterns: list,
        allowed_actions: list,
        dls: z
          .string()
          .nullish()
          .transform((query) => query ?? ''),
        fls: list,
        masked_fields: list,
      }),
    )
    .nullish()
    .transform((items) => items ?? []),
  tenant_permissions: z
    .array(z.object({ tenant_patterns: list, allowed_actions: list }))
    .nullish()
    .transform((items) => items ?? []),
});
const rolesSchema = z.record(z.string(), roleSchema);
const mappingsSchema = z.record(z.string(), z.object({ backend_roles: list }));
const doneSchema = z.object({ status: z.enum(['OK', 'CREATED']) });
const refusalSchema = z.object({ status: z.string(), message: z.string().optional() });

/** What the plugin itself answered, not the cluster's router. */
function refusalOf(error: unknown): z.infer<typeof refusalSchema> | undefined {
  if (!(error instanceof PermafrostError) || !(error.cause instanceof errors.ResponseError)) return undefined;
  return refusalSchema.safeParse(error.cause.meta.body).data;
}
const isNotFound = (error: unknown): boolean => refusalOf(error)?.status === 'NOT_FOUND';
/** Nobody may change these, the administrator neither. */
const isReserved = (error: unknown): boolean =>
  /is (reserved|hidden|read-only|static)/i.test(refusalOf(error)?.message ?? '');

/**
 * Asks as whom the options say: an internal user, or whoever the credentials sign for.
 * https://docs.opensearch.org/latest/security/access-control/api/
 */
export function openSearchAccessControl(options: OpenSearchOptions): AccessControl {
  const ask = asAdministrator(openSearchAsk(options), options.user);
  let found: Promise<string | undefined> | undefined;
  const api = async (): Promise<string> => (await (found ??= apiOf(ask))) ?? apis[0];
  const pathOf = async (kind: 'roles' | 'rolesmapping', name: string): Promise<string> =>
    `${await api()}/${kind}/${names([name])}`;
  const mapping = async (role: string): Promise<z.infer<typeof mappingsSchema>[string] | undefined> =>
    (await ask(mappingsSchema, { method: 'GET', path: await pathOf('rolesmapping', role) }, isNotFound))?.[role];

  return {
    async isEnabled() {
      return (await (found ??= apiOf(ask))) !== undefined;
    },
    async role(name) {
      return (await ask(rolesSchema, { method: 'GET', path: await pathOf('roles', name) }, isNotFound))?.[name];
    },
    async putRole(name, document) {
      await ask(doneSchema, { method: 'PUT', path: await pathOf('roles', name), body: { ...document } });
    },
    async backendRoles(role) {
      return (await mapping(role))?.backend_roles ?? [];
    },
    async addBackendRoles(role, backendRoles) {
      const path = await pathOf('rolesmapping', role);
      const there = await mapping(role);
      if (there === undefined) {
        await ask(doneSchema, { method: 'PUT', path, body: { backend_roles: [...new Set(backendRoles)] } });
        return;
      }
      const missing = [...new Set(backendRoles)].filter((backendRole) => !there.backend_roles.includes(backendRole));
      if (missing.length === 0) return;
      // Not PUT: that would replace the whole mapping, and with it what somebody adds meanwhile.
      const body = missing.map((value) => ({ op: 'add', path: '/backend_roles/-', value }));
      await ask(doneSchema, { method: 'PATCH', path, body });
    },
  };
}

/** As `Ask`; undefined for an error that only says that nothing is there. */
type AdminAsk = <Answer>(
  schema: z.ZodType<Answer>,
  question: Question,
  isAbsence?: (error: unknown) => boolean,
) => Promise<Answer | undefined>;

const asAdministrator =
  (ask: Ask, user: InternalUser | undefined): AdminAsk =>
  async (schema, question, isAbsence = () => false) => {
    try {
      return await ask(schema, question);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw withoutPassword(isRefusedAdministrator(error) ? asUnusable(error) : error, user);
    }
  };

/** Undefined where there is none. */
async function apiOf(ask: AdminAsk): Promise<string | undefined> {
  for (const api of apis) {
    const question = { method: 'GET', path: `${api}/rolesmapping` } as const;
    if (await ask(anAnswer, question, (error) => isRouteMissing(error) && !isNotFound(error))) return api;
  }
  return undefined;
}
const anAnswer = z.unknown().transform(() => true);

const isRefusedAdministrator = (error: unknown): error is NotAllowed =>
  error instanceof NotAllowed && !isReserved(error);
const asUnusable = ({ message, cause }: NotAllowed): AdminCredentialsUnusable =>
  new AdminCredentialsUnusable(`${message}. Whoever applies roles must be an administrator of the domain`, { cause });

/** The managed service repeats the header that it does not like, and the client keeps what it sent: neither goes into a log. */
function withoutPassword(error: unknown, user: InternalUser | undefined): unknown {
  if (user === undefined || !(error instanceof PermafrostError)) return error;
  const { username, password } = user;
  const header = Buffer.from(`${username}:${password}`).toString('base64');
  const message = error.message.replaceAll(header, '***').replaceAll(password, '***');
  return new (error.constructor as NamedError)(message);
}
