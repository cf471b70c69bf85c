import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifySignature } from '../../archive/verify-signature.ts';
import type { Signer } from '../../ports/signer.ts';

/** What every signer must do (ports/signer.ts). `make` is called once. */
export function signerContract(name: string, make: () => Signer | Promise<Signer>): void {
  describe(`signer contract: ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'signer-contract-'));
    const bytes = Buffer.from('0123  catalog/some file\n');
    const digest = createHash('sha256').update(bytes).digest();
    let signer: Signer;
    beforeAll(async () => {
      signer = await make();
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('makes signatures that openssl accepts', async () => {
      const path = (file: string): string => join(folder, file);
      writeFileSync(path('bytes'), bytes);
      writeFileSync(path('bytes.sig'), await signer.sign(digest));
      writeFileSync(path('key.pem'), await signer.publicKeyPem());
      const check = ['dgst', '-sha256', '-verify', path('key.pem'), '-signature', path('bytes.sig'), path('bytes')];
      expect(execFileSync('openssl', check, { encoding: 'utf8' })).toBe('Verified OK\n');
    });

    it('makes signatures that our own check accepts, and refuses over other bytes', async () => {
      const signature = await signer.sign(digest);
      const claim = { pem: await signer.publicKeyPem(), algorithm: signer.algorithm, signature };
      expect(() => verifySignature({ ...claim, bytes })).not.toThrow();
      const altered = Buffer.from(bytes);
      altered[0] = (altered[0] ?? 0) ^ 1;
      expect(() => verifySignature({ ...claim, bytes: altered })).toThrow(
        expect.objectContaining({ name: 'SignatureInvalid' }),
      );
    });

    it('gives the same key and the same key id each time', async () => {
      expect(await signer.publicKeyPem()).toBe(await signer.publicKeyPem());
      expect(await signer.keyId()).toBe(await signer.keyId());
    });

    it('gives a public key in PEM and a key id that is safe in an object key', async () => {
      expect(await signer.publicKeyPem()).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/);
      expect(await signer.keyId()).toMatch(/^[A-Za-z0-9-]+$/);
    });
  });
}
