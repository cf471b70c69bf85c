import { createPublicKey } from 'node:crypto';
import {
  GetPublicKeyCommand,
  KMSServiceException,
  SignCommand,
  type GetPublicKeyCommandOutput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { NotAllowed, PermafrostError, SignerUnavailable, SignerUnusable } from '../workflow/errors.ts';
import type { Signer, SigningAlgorithm } from './signer.ts';

export interface KmsSignerOptions {
  readonly client: KMSClient;
  /** Key id, key ARN, alias name (`alias/...`) or alias ARN of an asymmetric key for signing. */
  readonly key: string;
  readonly algorithm: SigningAlgorithm;
}

interface PublicKey {
  readonly arn: string;
  readonly id: string;
  readonly pem: string;
}

/**
 * A signer whose key is in AWS KMS. The public key is asked for once; from then on the key that the alias named at that time
 * signs, so that signature and public key belong together even when the alias moves.
 * KMS gets the digest, not the bytes (`MessageType: DIGEST`), and returns DER for ECDSA:
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html
 */
export function kmsSigner({ client, key, algorithm }: KmsSignerOptions): Signer {
  let known: Promise<PublicKey> | undefined;
  const publicKey = (): Promise<PublicKey> => {
    known ??= readPublicKey(client, key, algorithm).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    algorithm,
    keyId: async () => (await publicKey()).id,
    publicKeyPem: async () => (await publicKey()).pem,
    async sign(sha256) {
      if (sha256.byteLength !== 32) {
        throw new SignerUnusable(`What is signed is a SHA-256 of 32 bytes, not of ${sha256.byteLength}`);
      }
      const { arn } = await publicKey();
      try {
        const answer = await client.send(
          new SignCommand({ KeyId: arn, Message: sha256, MessageType: 'DIGEST', SigningAlgorithm: algorithm }),
        );
        if (answer.Signature) return answer.Signature;
      } catch (cause) {
        throw kmsError(cause, 'kms:Sign', key);
      }
      throw new SignerUnusable(`KMS answered without a signature for key ${key}`);
    },
  };
}

async function readPublicKey(client: KMSClient, key: string, algorithm: SigningAlgorithm): Promise<PublicKey> {
  let answer: GetPublicKeyCommandOutput;
  try {
    answer = await client.send(new GetPublicKeyCommand({ KeyId: key }));
  } catch (cause) {
    throw kmsError(cause, 'kms:GetPublicKey', key);
  }
  const { KeyId: arn = '', PublicKey: der, KeySpec: spec = '', SigningAlgorithms: algorithms = [] } = answer;
  const fits = algorithm === 'ECDSA_SHA_256' ? spec === 'ECC_NIST_P256' : spec.startsWith('RSA_');
  if (!der || !fits || !algorithms.includes(algorithm)) {
    throw new SignerUnusable(`KMS key ${key} (${spec || 'no key spec'}) cannot sign with ${algorithm}`);
  }
  // `arn:aws:kms:<region>:<account>:key/<id>`; an alias in the request is answered with the key's own ARN.
  const id = arn.split('/').at(-1) ?? '';
  if (!/^[A-Za-z0-9-]+$/.test(id)) throw new SignerUnusable(`KMS named key ${key} as "${arn}", which has no key id`);
  return { arn, id, pem: pemOf(der, key) };
}

function pemOf(der: Uint8Array, key: string): string {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
      .export({ format: 'pem', type: 'spki' })
      .toString();
  } catch (cause) {
    throw new SignerUnusable(`The public key of KMS key ${key} cannot be read`, { cause });
  }
}

/** Errors common to the two calls (their API pages), and those that every AWS call can have. */
const byName: Readonly<Record<string, new (message: string, options?: ErrorOptions) => PermafrostError>> = {
  AccessDeniedException: NotAllowed,
  CredentialsProviderError: NotAllowed,
  ExpiredTokenException: NotAllowed,
  InvalidClientTokenId: NotAllowed,
  UnrecognizedClientException: NotAllowed,
  DisabledException: SignerUnusable,
  InvalidArnException: SignerUnusable,
  InvalidGrantTokenException: SignerUnusable,
  InvalidKeyUsageException: SignerUnusable,
  KMSInvalidStateException: SignerUnusable,
  NotFoundException: SignerUnusable,
  UnsupportedOperationException: SignerUnusable,
  DependencyTimeoutException: SignerUnavailable,
  KeyUnavailableException: SignerUnavailable,
  KMSInternalException: SignerUnavailable,
  ThrottlingException: SignerUnavailable,
};

function kmsError(cause: unknown, action: string, key: string): PermafrostError {
  const name = cause instanceof Error ? cause.name : 'Unknown';
  const Named = byName[name] ?? byStatus(cause);
  return new Named(`${action} with key ${key}: ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

/** No answer at all (refused, unresolvable, timed out) is passing trouble; so are 429 and 5xx. */
function byStatus(cause: unknown): new (message: string, options?: ErrorOptions) => PermafrostError {
  const status = cause instanceof KMSServiceException ? cause.$metadata.httpStatusCode : undefined;
  if (status === undefined || status === 429 || status >= 500) return SignerUnavailable;
  return status === 401 || status === 403 ? NotAllowed : SignerUnusable;
}
