import type { ObjectAddress, S3Request } from './request.ts';
import { copySource } from './request.ts';

/** One right that a call needs, and on what. */
export interface NeededAction {
  action: string;
  bucket: string;
  key: string | null;
  versionId: string | null;
}

type ByMethod = Partial<Record<string, string>>;
const readWrite = (read: string, write: string, remove = write): ByMethod => ({
  GET: read,
  PUT: write,
  DELETE: remove,
});

/** Subresources of a bucket: query parameter, then method. Names are IAM's, which differ from the operations' names. */
const BUCKET_ACTIONS: Record<string, ByMethod> = {
  accelerate: readWrite('GetAccelerateConfiguration', 'PutAccelerateConfiguration'),
  acl: readWrite('GetBucketAcl', 'PutBucketAcl'),
  analytics: readWrite('GetAnalyticsConfiguration', 'PutAnalyticsConfiguration'),
  cors: readWrite('GetBucketCORS', 'PutBucketCORS'),
  encryption: readWrite('GetEncryptionConfiguration', 'PutEncryptionConfiguration'),
  'intelligent-tiering': readWrite('GetIntelligentTieringConfiguration', 'PutIntelligentTieringConfiguration'),
  inventory: readWrite('GetInventoryConfiguration', 'PutInventoryConfiguration'),
  lifecycle: readWrite('GetLifecycleConfiguration', 'PutLifecycleConfiguration'),
  location: { GET: 'GetBucketLocation' },
  logging: readWrite('GetBucketLogging', 'PutBucketLogging'),
  metrics: readWrite('GetMetricsConfiguration', 'PutMetricsConfiguration'),
  notification: readWrite('GetBucketNotification', 'PutBucketNotification'),
  'object-lock': readWrite('GetBucketObjectLockConfiguration', 'PutBucketObjectLockConfiguration'),
  ownershipControls: readWrite('GetBucketOwnershipControls', 'PutBucketOwnershipControls'),
  policy: readWrite('GetBucketPolicy', 'PutBucketPolicy', 'DeleteBucketPolicy'),
  policyStatus: { GET: 'GetBucketPolicyStatus' },
  publicAccessBlock: readWrite('GetBucketPublicAccessBlock', 'PutBucketPublicAccessBlock'),
  replication: readWrite('GetReplicationConfiguration', 'PutReplicationConfiguration'),
  requestPayment: readWrite('GetBucketRequestPayment', 'PutBucketRequestPayment'),
  tagging: readWrite('GetBucketTagging', 'PutBucketTagging'),
  uploads: { GET: 'ListBucketMultipartUploads' },
  versioning: readWrite('GetBucketVersioning', 'PutBucketVersioning'),
  versions: { GET: 'ListBucketVersions' },
  website: readWrite('GetBucketWebsite', 'PutBucketWebsite', 'DeleteBucketWebsite'),
};

/** Subresources of an object. Where a version has a right of its own, `Version` follows the word `Object`. */
const OBJECT_ACTIONS: Record<string, ByMethod> = {
  acl: readWrite('GetObjectAcl', 'PutObjectAcl'),
  attributes: { GET: 'GetObjectAttributes' },
  'legal-hold': readWrite('GetObjectLegalHold', 'PutObjectLegalHold'),
  restore: { POST: 'RestoreObject' },
  retention: readWrite('GetObjectRetention', 'PutObjectRetention'),
  select: { POST: 'GetObject' },
  tagging: readWrite('GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'),
  uploadId: { GET: 'ListMultipartUploadParts', PUT: 'PutObject', POST: 'PutObject', DELETE: 'AbortMultipartUpload' },
  uploads: { POST: 'PutObject' },
};

/** The subresource of an object that a request is about; undefined for the object itself. */
export function objectSubresource(request: S3Request): string | undefined {
  return [...request.query.keys()].find((name) => name in OBJECT_ACTIONS);
}

const HAVE_NO_VERSION_ACTION = new Set(['legal-hold', 'restore', 'retention', 'uploadId', 'uploads']);
const PLAIN_BUCKET: ByMethod = { GET: 'ListBucket', HEAD: 'ListBucket', PUT: 'CreateBucket', DELETE: 'DeleteBucket' };
const PLAIN_OBJECT: ByMethod = { GET: 'GetObject', HEAD: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' };

/** Headers of a write that S3 asks a further right for. */
const HEADER_ACTIONS: Record<string, string> = {
  'x-amz-object-lock-retain-until-date': 'PutObjectRetention',
  'x-amz-object-lock-legal-hold': 'PutObjectLegalHold',
  'x-amz-tagging': 'PutObjectTagging',
  'x-amz-acl': 'PutObjectAcl',
};

/**
 * The rights that IAM would ask for this call. `deleted` are the objects named in the body of a DeleteObjects call. A call
 * that is not known gives `unknown:<METHOD> <query>`, so that a check of policies can refuse it.
 */
export function neededActions(request: S3Request, deleted: readonly ObjectAddress[] = []): NeededAction[] {
  const { bucket, key, versionId } = request;
  if (key === null && request.method === 'POST' && request.query.has('delete')) return deleted.flatMap(deletion);
  const names = key === null ? bucketActions(request) : objectActions(request);
  const actions = names.map((name): NeededAction => ({ action: name, bucket, key, versionId }));
  const source = copySource(request);
  if (source) actions.push({ ...source, action: versioned('GetObject', source.versionId) });
  if (request.headers['x-amz-bypass-governance-retention'] === 'true') {
    actions.push({ action: 's3:BypassGovernanceRetention', bucket, key, versionId });
  }
  return actions;
}

function deletion(object: ObjectAddress): NeededAction[] {
  return [{ ...object, action: versioned('DeleteObject', object.versionId) }];
}

function versioned(name: string, versionId: string | null): string {
  return `s3:${versionId === null ? name : name.replace('Object', 'ObjectVersion')}`;
}

function bucketActions(request: S3Request): string[] {
  if (request.bucket === '') return request.method === 'GET' ? ['s3:ListAllMyBuckets'] : [unknown(request)];
  const subresource = [...request.query.keys()].find((name) => name in BUCKET_ACTIONS);
  const name = (subresource === undefined ? PLAIN_BUCKET : BUCKET_ACTIONS[subresource]!)[request.method];
  if (name === undefined) return [unknown(request)];
  const locked = name === 'CreateBucket' && request.headers['x-amz-bucket-object-lock-enabled'] === 'true';
  return [`s3:${name}`, ...(locked ? ['s3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning'] : [])];
}

function objectActions(request: S3Request): string[] {
  const subresource = objectSubresource(request);
  const name = (subresource === undefined ? PLAIN_OBJECT : OBJECT_ACTIONS[subresource]!)[request.method];
  if (name === undefined) return [unknown(request)];
  const plain = subresource !== undefined && HAVE_NO_VERSION_ACTION.has(subresource);
  const actions = [plain ? `s3:${name}` : versioned(name, request.versionId)];
  if (subresource === 'attributes') actions.unshift(versioned('GetObject', request.versionId));
  const creates = name === 'PutObject' && (subresource === undefined || subresource === 'uploads');
  if (creates) {
    for (const [header, further] of Object.entries(HEADER_ACTIONS)) {
      if (request.headers[header] !== undefined && !isDefaultAcl(header, request)) actions.push(`s3:${further}`);
    }
  }
  return actions;
}

/**
 * Naming the ACL that an object has anyway asks for no right: repository-s3 sends it with every blob, and the role that AWS
 * describes for it has no s3:PutObjectAcl
 * (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshot-registerdirectory.html).
 */
const isDefaultAcl = (header: string, request: S3Request): boolean =>
  header === 'x-amz-acl' && request.headers[header] === 'private';

/** What the condition key `s3:ObjectCreationOperation` says of a call that asks for `s3:PutObject`. */
export function createsObject({ method, query }: S3Request): boolean {
  return method === 'PUT' ? !query.has('uploadId') : query.has('uploadId');
}

function unknown(request: S3Request): string {
  return `unknown:${request.method} ${request.query.toString()}`;
}
