/** What ingestion asks of a cluster: to take new documents, many at a time. */

/** What became of one document. `duplicate`: one with its id is there already. */
export type DocumentAnswer = 'created' | 'duplicate' | DocumentRefused;

export interface DocumentRefused {
  /** As OpenSearch says it of the item: 400, 429, 503, ... */
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/** `too-large`: the request as a whole has more bytes than the cluster takes; nothing of it was written. */
export type WriteAnswer = 'too-large' | readonly DocumentAnswer[];

/**
 * Failures of the request as a whole: `ClusterBusy` and `ClusterUnreachable` (retryable; some documents may have been written),
 * `ClusterDiskFull`, `NotAllowed`, `ClusterUserUnusable`, `ClusterAnswerUnknown`.
 */
export interface DocumentWriter {
  /**
   * Writes documents that are not there yet.
   * @param body of a bulk request, in UTF-8: for each document its two lines, as `createLines` makes them
   * @param count of documents
   * @returns an answer for each document, in their order
   */
  create(body: Uint8Array, count: number, timeoutSeconds: number): Promise<WriteAnswer>;
}

/** The two lines of a document, which is JSON in one line: `create` and the document, each ended by a line feed. */
export const createLines = (index: string, id: string, document: string): string => createLinesOf(index)(id, document);

/** `createLines` of one index, whose name is then written only once. */
export function createLinesOf(index: string): (id: string, document: string) => string {
  const begin = `{"create":{"_index":${JSON.stringify(index)},"_id":`;
  return (id, document) => `${begin}${JSON.stringify(id)}}}\n${document}\n`;
}

/** What `createLines` made two lines of. */
export function readCreateLines(lines: string): { index: string; id: string; document: string } {
  const [action = '', document = ''] = lines.split('\n');
  const { create } = JSON.parse(action) as { create: { _index: string; _id: string } };
  return { index: create._index, id: create._id, document };
}
