import { createHash } from 'node:crypto';
import {
  DisabledException,
  GetPublicKeyCommand,
  KMSClient,
  KMSServiceException,
  NotFoundException,
  SignCommand,
} from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { kmsSigner } from '../../ports/kms-signer.ts';
import type { SigningAlgorithm } from '../../ports/signer.ts';
import { memorySigner } from '../support/memory-signer.ts';
import { signerContract } from './signer.contract.ts';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const digest = createHash('sha256').update('bytes').digest();
const algorithms = ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'] as const;

/** A KMS client that signs with a key of this process, and refuses what real KMS would. */
function kmsWith(algorithm: SigningAlgorithm): { client: KMSClient; mock: ReturnType<typeof mockClient> } {
  const key = memorySigner({ algorithm });
  const client = new KMSClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  mock.on(GetPublicKeyCommand).callsFake(async () => ({
    KeyId: keyArn,
    KeySpec: algorithm === 'ECDSA_SHA_256' ? 'ECC_NIST_P256' : 'RSA_3072',
    KeyUsage: 'SIGN_VERIFY',
    SigningAlgorithms: [algorithm],
    PublicKey: derOf(await key.publicKeyPem()),
  }));
  mock
    .on(SignCommand, { KeyId: keyArn, MessageType: 'DIGEST', SigningAlgorithm: algorithm })
    .callsFake(async ({ Message }: { Message: Uint8Array }) => ({ Signature: await key.sign(Message) }));
  return { client, mock };
}

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');

for (const algorithm of algorithms) {
  signerContract(`in memory, ${algorithm}`, () => memorySigner({ algorithm }));
  signerContract(`KMS, ${algorithm}`, () =>
    kmsSigner({ client: kmsWith(algorithm).client, key: 'alias/permafrost', algorithm }),
  );
}

describe('KMS signer', () => {
  let kms: ReturnType<typeof kmsWith>;
  beforeEach(() => {
    kms = kmsWith('ECDSA_SHA_256');
  });
  const signer = (): ReturnType<typeof kmsSigner> =>
    kmsSigner({ client: kms.client, key: 'alias/permafrost', algorithm: 'ECDSA_SHA_256' });

  it('asks for the public key once and signs with the key that the alias named then', async () => {
    const one = signer();
    await Promise.all([one.keyId(), one.publicKeyPem(), one.sign(digest), one.sign(digest)]);
    expect(kms.mock.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
    expect(kms.mock.commandCalls(SignCommand).map(({ args }) => args[0].input.KeyId)).toEqual([keyArn, keyArn]);
    expect(await one.keyId()).toBe('1234abcd-12ab-34cd-56ef-1234567890ab');
  });

  it('asks again for the public key after a failure', async () => {
    kms.mock
      .on(GetPublicKeyCommand)
      .rejectsOnce(new Error('connect ECONNREFUSED'))
      .callsFakeOnce(async () => ({
        KeyId: keyArn,
        KeySpec: 'ECC_NIST_P256',
        SigningAlgorithms: ['ECDSA_SHA_256'],
        PublicKey: derOf(await memorySigner().publicKeyPem()),
      }));
    const one = signer();
    await expect(one.keyId()).rejects.toMatchObject({ name: 'SignerUnavailable' });
    await expect(one.keyId()).resolves.toBe('1234abcd-12ab-34cd-56ef-1234567890ab');
  });

  const failure = (name: string, status: number): KMSServiceException =>
    new KMSServiceException({ name, $fault: 'client', message: 'no', $metadata: { httpStatusCode: status } });
  it.each([
    [new DisabledException({ message: 'disabled', $metadata: {} }), 'SignerUnusable'],
    [new NotFoundException({ message: 'gone', $metadata: {} }), 'SignerUnusable'],
    [failure('KMSInvalidStateException', 400), 'SignerUnusable'],
    [failure('ValidationException', 400), 'SignerUnusable'],
    [failure('AccessDeniedException', 400), 'NotAllowed'],
    [failure('ExpiredTokenException', 400), 'NotAllowed'],
    [failure('ThrottlingException', 400), 'SignerUnavailable'],
    [failure('KeyUnavailableException', 500), 'SignerUnavailable'],
    [failure('SomethingNew', 503), 'SignerUnavailable'],
    [new Error('connect ECONNREFUSED 127.0.0.1:1'), 'SignerUnavailable'],
  ])('names %s %s', async (cause, name) => {
    kms.mock.on(SignCommand).rejects(cause);
    await expect(signer().sign(digest)).rejects.toMatchObject({
      name,
      cause,
      message: expect.stringContaining('kms:Sign') as string,
    });
  });

  it.each([
    ['a key on another curve', { KeySpec: 'ECC_NIST_P384', SigningAlgorithms: ['ECDSA_SHA_384'] }],
    ['a key for encryption', { KeySpec: 'RSA_4096', EncryptionAlgorithms: ['RSAES_OAEP_SHA_256'] }],
    [
      'an answer without a key',
      { KeySpec: 'ECC_NIST_P256', SigningAlgorithms: ['ECDSA_SHA_256'], PublicKey: undefined },
    ],
  ] as const)('refuses %s', async (_, answer) => {
    kms.mock.on(GetPublicKeyCommand).resolves({
      KeyId: keyArn,
      PublicKey: derOf(await memorySigner().publicKeyPem()),
      ...(answer as object),
    });
    await expect(signer().sign(digest)).rejects.toMatchObject({ name: 'SignerUnusable' });
    expect(kms.mock.commandCalls(SignCommand)).toHaveLength(0);
  });

  it('refuses what is no SHA-256', async () => {
    await expect(signer().sign(digest.subarray(1))).rejects.toMatchObject({ name: 'SignerUnusable' });
  });
});
