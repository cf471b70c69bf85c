import { RemovalPolicy, aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config/schema.ts';

const keySpecs = {
  ECDSA_SHA_256: kms.KeySpec.ECC_NIST_P256,
  RSASSA_PKCS1_V1_5_SHA_256: kms.KeySpec.RSA_3072,
} as const;
type Algorithm = keyof typeof keySpecs;

/** The key that signs archives. It never leaves KMS, and it outlives the stack: without it no archive can be added to the chain. */
export const signingKey = (scope: Construct, { prefix, signing }: Pick<Settings, 'prefix' | 'signing'>): kms.Key =>
  keyThatSigns(scope, 'SigningKey', {
    alias: `alias/${prefix}-signing`,
    description: `Signs the checksums and the chain of archives (${signing.algorithm})`,
    algorithm: signing.algorithm,
  });

export const evidenceAlgorithm = 'ECDSA_SHA_256' satisfies Algorithm;

/** The key that signs the evidence of drills. Not that of the archives: whoever restores must not be able to forge one. */
export const evidenceKey = (scope: Construct, { prefix }: Pick<Settings, 'prefix'>): kms.Key =>
  keyThatSigns(scope, 'EvidenceKey', {
    alias: `alias/${prefix}-evidence`,
    description: `Signs the evidence of restore drills (${evidenceAlgorithm})`,
    algorithm: evidenceAlgorithm,
  });

const keyThatSigns = (
  scope: Construct,
  id: string,
  {
    alias,
    description,
    algorithm,
  }: { readonly alias: string; readonly description: string; readonly algorithm: Algorithm },
): kms.Key =>
  new kms.Key(scope, id, {
    alias,
    description,
    keySpec: keySpecs[algorithm],
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN,
  });
