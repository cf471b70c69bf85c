import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { keyFingerprint } from '../../../archive/verify-signature.ts';
import { kmsSigner } from '../../../ports/kms-signer.ts';
import { s3ObjectStore } from '../../../ports/s3-object-store.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { Stack } from '../stack.ts';

/** Standard clients on the stack's endpoints, as any operator would have them. */
export interface Witness {
  readonly sfn: SFNClient;
  readonly s3: S3Client;
  readonly openSearchUrl: string;
  readonly archive: ObjectStore;
  readonly staging: ObjectStore;
  readonly restore: ObjectStore;
  /** Fingerprint of the archive's signing key, as its keeper has it: not as the bucket says. */
  readonly trusted: ReadonlySet<string>;
  /** Subjects of the notices so far. */
  notices(): string[];
}

export async function witnessOf({ endpoints, outputs, notifications }: Stack): Promise<Witness> {
  const client = { region: endpoints.region, credentials: endpoints.credentials };
  const s3 = new S3Client({ ...client, endpoint: endpoints.s3 });
  const kms = new KMSClient({ ...client, endpoint: endpoints.aws });
  const signer = kmsSigner({ client: kms, key: outputs.get('SigningKeyArn')!, algorithm: 'ECDSA_SHA_256' });
  return {
    sfn: new SFNClient({ ...client, endpoint: endpoints.states }),
    s3,
    openSearchUrl: endpoints.opensearch!,
    archive: s3ObjectStore(s3, endpoints.buckets.archive!),
    staging: s3ObjectStore(s3, endpoints.buckets.staging!),
    restore: s3ObjectStore(s3, endpoints.buckets.restore!),
    trusted: new Set([keyFingerprint(await signer.publicKeyPem())]),
    notices: () => notifications.all().map(({ subject }) => subject ?? ''),
  };
}
