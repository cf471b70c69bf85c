import type { OutgoingHttpHeaders } from 'node:http';
import { escape } from './xml.ts';

/** A whole answer that the proxy gives itself. */
export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
}

export function xmlAnswer(status: number, body: string, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers: { ...(body === '' ? {} : { 'content-type': 'application/xml' }), ...headers }, body };
}

export function errorAnswer(
  status: number,
  code: string,
  message: string,
  details: Record<string, string> = {},
): Answer {
  const rest = Object.entries(details).map(([name, value]) => `<${name}>${escape(value)}</${name}>`);
  return xmlAnswer(
    status,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escape(message)}</Message>${rest.join('')}</Error>`,
  );
}

/** What S3 says to a read of an archived object that is not restored. */
export function invalidObjectState(storageClass: string): Answer {
  return errorAnswer(403, 'InvalidObjectState', "The operation is not valid for the object's storage class", {
    StorageClass: storageClass,
  });
}

/** What S3 says to a copy from such an object. */
export function copyOfArchived(): Answer {
  return errorAnswer(
    403,
    'ObjectNotInActiveTierError',
    'The source object of the COPY operation is not in the active tier and is only stored in Amazon S3 Glacier.',
  );
}
