import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

interface Request {
  fail?: string;
  hang?: boolean;
  items?: string[];
  detail?: { status: string; name: string };
}

let calls = 0;

/** The sample function: signs, stores an object, and returns the items it was given; or fails or hangs when asked to. */
export async function handler(request: Request, context: { functionName: string }): Promise<unknown> {
  calls += 1;
  if (request.fail) throw Object.assign(new Error('asked to fail'), { name: request.fail });
  if (request.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  // eslint-disable-next-line no-console -- what the log file is tested with
  console.log(JSON.stringify({ message: 'sample function called', calls }));
  const signed = await new KMSClient().send(
    new SignCommand({
      KeyId: process.env['SIGNING_KEY'],
      Message: new Uint8Array(32),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  const key = request.detail ? `status/${request.detail.name}/${request.detail.status}` : 'runs/one.json';
  await new S3Client().send(new PutObjectCommand({ Bucket: process.env['BUCKET'], Key: key, Body: '{}' }));
  return {
    items: request.items ?? [],
    signatureBytes: signed.Signature?.length,
    functionName: context.functionName,
    domain: process.env['DOMAIN_ENDPOINT'],
    calls,
  };
}
