import { text } from './xml.ts';
import type { ProxyState } from './state.ts';
import type { S3Request } from './request.ts';
import { type Answer, errorAnswer, xmlAnswer } from './answer.ts';

interface Kind {
  /** Root element of the body. */
  root: string;
  /** What a GET answers when none is set: an error code of S3, or a body. */
  absent: { code: string } | { body: string };
}

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** Configurations of a bucket that the upstream does not implement; kept and returned as they are put. */
const KINDS: Record<string, Kind> = {
  lifecycle: { root: 'LifecycleConfiguration', absent: { code: 'NoSuchLifecycleConfiguration' } },
  publicAccessBlock: {
    root: 'PublicAccessBlockConfiguration',
    absent: { code: 'NoSuchPublicAccessBlockConfiguration' },
  },
  encryption: {
    root: 'ServerSideEncryptionConfiguration',
    // S3 encrypts every bucket since 2023.
    absent: {
      body: `<ServerSideEncryptionConfiguration ${NAMESPACE}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
    },
  },
  notification: {
    root: 'NotificationConfiguration',
    absent: { body: `<NotificationConfiguration ${NAMESPACE}/>` },
  },
  logging: { root: 'BucketLoggingStatus', absent: { body: `<BucketLoggingStatus ${NAMESPACE}/>` } },
};

const MINIMUM_SIZE_HEADER = 'x-amz-transition-default-minimum-object-size';

/** Which of these configurations a request is about, or null. */
export function configurationName(request: S3Request): string | null {
  if (request.key !== null || !['GET', 'PUT', 'DELETE'].includes(request.method)) return null;
  return Object.keys(KINDS).find((name) => request.query.has(name)) ?? null;
}

/** Answers a call that the upstream has authorised but does not implement. */
export function answerConfiguration(request: S3Request, name: string, body: string, state: ProxyState): Answer {
  const kind = KINDS[name]!;
  if (request.method === 'DELETE') {
    state.setConfiguration(request.bucket, name, null);
    return xmlAnswer(204, '');
  }
  if (request.method === 'PUT') {
    if (!body.includes(`<${kind.root}`) || (name === 'lifecycle' && text(body, 'Rule') === null)) {
      return errorAnswer(400, 'MalformedXML', 'The XML you provided was not well-formed');
    }
    const size = request.headers[MINIMUM_SIZE_HEADER];
    const headers: Record<string, string> =
      name === 'lifecycle' ? { [MINIMUM_SIZE_HEADER]: String(size ?? 'all_storage_classes_128K') } : {};
    state.setConfiguration(request.bucket, name, { body, headers });
    return xmlAnswer(200, '', headers);
  }
  const stored = state.configuration(request.bucket, name);
  if (stored) return xmlAnswer(200, stored.body, stored.headers);
  return 'body' in kind.absent
    ? xmlAnswer(200, kind.absent.body)
    : errorAnswer(404, kind.absent.code, `The ${kind.root} does not exist`);
}
