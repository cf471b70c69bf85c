/** What Permafrost asks of a cluster's fine-grained access control: roles of its own, and who has them. */

/** A role as the security plugin writes it (`GET _plugins/_security/api/roles/<name>`). */
export interface RoleDocument {
  readonly cluster_permissions: readonly string[];
  readonly index_permissions: readonly IndexPermission[];
  /** Of OpenSearch Dashboards. */
  readonly tenant_permissions: readonly TenantPermission[];
}

export interface IndexPermission {
  readonly index_patterns: readonly string[];
  readonly allowed_actions: readonly string[];
  /** A query: only documents that it finds can be seen. Empty: all. */
  readonly dls: string;
  /** The only fields that can be seen, or with `~` those that cannot. Empty: all can. */
  readonly fls: readonly string[];
  readonly masked_fields: readonly string[];
}

export interface TenantPermission {
  readonly tenant_patterns: readonly string[];
  readonly allowed_actions: readonly string[];
}

/**
 * Every method may fail with `ClusterUnreachable`, `ClusterBusy`, or `ClusterAnswerUnknown`, and with `AdminCredentialsUnusable`
 * where the cluster does not know whoever asks, or does not let them manage roles. No error holds a password.
 */
export interface AccessControl {
  /** False where the cluster has no fine-grained access control; nothing else can be asked of it then. */
  isEnabled(): Promise<boolean>;
  /** Undefined: there is no such role. */
  role(name: string): Promise<RoleDocument | undefined>;
  /** Creates the role, or makes it exactly this one. @throws NotAllowed for the name of a role that the plugin reserves */
  putRole(name: string, document: RoleDocument): Promise<void>;
  /** The backend roles (on the managed service: ARNs of IAM roles) that have the role; empty where nobody has it. */
  backendRoles(role: string): Promise<readonly string[]>;
  /** Gives the role to these backend roles too. Whoever has it keeps it: users, hosts and other backend roles are not touched. */
  addBackendRoles(role: string, backendRoles: readonly string[]): Promise<void>;
}
