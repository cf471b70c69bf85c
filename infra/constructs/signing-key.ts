import { RemovalPolicy, aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config/schema.ts';

const keySpecs = {
  ECDSA_SHA_256: kms.KeySpec.ECC_NIST_P256,
  RSASSA_PKCS1_V1_5_SHA_256: kms.KeySpec.RSA_3072,
} as const;

/** The key that signs archives. It never leaves KMS, and it outlives the stack: without it no archive can be added to the chain. */
export function signingKey(scope: Construct, settings: Pick<Settings, 'prefix' | 'signing'>): kms.Key {
  return new kms.Key(scope, 'SigningKey', {
    alias: `alias/${settings.prefix}-signing`,
    description: `Signs the checksums and the chain of archives (${settings.signing.algorithm})`,
    keySpec: keySpecs[settings.signing.algorithm],
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
