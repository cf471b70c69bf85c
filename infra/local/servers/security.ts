/** A node with fine-grained access control, as the managed service has it: IAM roles are backend roles. */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './install/command.ts';

/** Asked of the node itself, these open everything: the internal user whom the managed service calls the master user. */
export interface AdminUser {
  username: string;
  password: string;
}

export interface SecuritySettings {
  admin: AdminUser;
  /** ARNs of IAM roles that may do everything too: the managed service's IAM master role. */
  adminRoles?: readonly string[];
}

/** Whoever is trusted to say so (a proxy on this machine) names the caller's IAM role in these headers. */
export const identityHeaders = { user: 'x-proxy-user', roles: 'x-proxy-roles', trusted: 'x-forwarded-for' } as const;

/** The node reads the admin's password from its environment, and never writes it down. */
const PASSWORD_VARIABLE = 'PERMAFROST_ADMIN_PASSWORD';
const STORES = { key: 'transport-key.p12', trust: 'transport-trust.p12' } as const;
/** They lie beside what they protect, and protect connections of one node with itself. */
const STORE_PASSWORD = 'local-transport';

export const securityEnvironment = ({ admin }: SecuritySettings): Record<string, string> => ({
  [PASSWORD_VARIABLE]: admin.password,
});

/** Lines of opensearch.yml. Callers of HTTP come from this machine only; the plugin insists on TLS between nodes. */
export function securityLines(): Record<string, string | string[]> {
  const tls = 'plugins.security.ssl.transport';
  return {
    'plugins.security.ssl.http.enabled': 'false',
    [`${tls}.keystore_type`]: 'PKCS12',
    [`${tls}.keystore_filepath`]: STORES.key,
    [`${tls}.keystore_password`]: STORE_PASSWORD,
    [`${tls}.truststore_type`]: 'PKCS12',
    [`${tls}.truststore_filepath`]: STORES.trust,
    [`${tls}.truststore_password`]: STORE_PASSWORD,
    [`${tls}.enforce_hostname_verification`]: 'false',
    'plugins.security.allow_default_init_securityindex': 'true',
    'plugins.security.restapi.roles_enabled': ['all_access'],
  };
}

/**
 * Writes what the plugin looks for below the folder of opensearch.yml: certificates, made anew each time, and the
 * configuration that it takes over when it has none yet.
 */
export async function writeSecurity(
  conf: string,
  settings: SecuritySettings,
  tools: { home: string; jdk: string },
): Promise<void> {
  const folder = join(conf, 'opensearch-security');
  await cp(join(tools.home, 'plugins/opensearch-security/config'), folder, { recursive: true, force: true });
  const files = {
    config: authentication,
    internal_users: { [settings.admin.username]: { hash: `\${envbc.${PASSWORD_VARIABLE}}`, backend_roles: ['admin'] } },
    roles_mapping: { all_access: { backend_roles: ['admin', ...(settings.adminRoles ?? [])] } },
  };
  for (const [name, content] of Object.entries(files)) {
    // JSON is YAML too.
    const whole = { _meta: { type: name.replace('_', ''), config_version: 2 }, ...content };
    await writeFile(join(folder, `${name}.yml`), JSON.stringify(whole, null, 2));
  }
  await makeCertificates(conf, join(tools.jdk, 'bin/keytool'));
}

/**
 * Who a caller is: the internal user by password; an IAM role by what the proxy says, which is believed only from this
 * machine. https://docs.opensearch.org/latest/security/authentication-backends/proxy/
 */
const authentication = {
  config: {
    dynamic: {
      http: {
        anonymous_auth_enabled: false,
        xff: { enabled: true, internalProxies: String.raw`127\.0\.0\.1`, remoteIpHeader: identityHeaders.trusted },
      },
      authc: {
        iam_roles: {
          http_enabled: true,
          order: 0,
          http_authenticator: {
            type: 'proxy',
            challenge: false,
            config: { user_header: identityHeaders.user, roles_header: identityHeaders.roles },
          },
          authentication_backend: { type: 'noop' },
        },
        internal_users: {
          http_enabled: true,
          order: 1,
          http_authenticator: { type: 'basic', challenge: true },
          authentication_backend: { type: 'intern' },
        },
      },
    },
  },
};

/** One self-signed certificate, for a day: the node's own, and the only one that it trusts. */
async function makeCertificates(conf: string, keytool: string): Promise<void> {
  const [key, trust, certificate] = [STORES.key, STORES.trust, 'transport.pem'].map((file) => join(conf, file)) as [
    string,
    string,
    string,
  ];
  for (const file of [key, trust, certificate]) await rm(file, { force: true });
  const run = (...args: string[]): Promise<string> =>
    runCommand(keytool, [...args, '-alias', 'node', '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD]);
  await run('-genkeypair', '-keystore', key, '-keyalg', 'EC', '-dname', 'CN=permafrost-0', '-validity', '1');
  await run('-exportcert', '-rfc', '-keystore', key, '-file', certificate);
  await run('-importcert', '-noprompt', '-keystore', trust, '-file', certificate);
}
