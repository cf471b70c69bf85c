/**
 * The longest line or JSON value that becomes a record: 8 MiB. The smallest nodes of OpenSearch Service take requests of
 * 10 MiB (their `http.max_content_length`), and a document is somewhat longer than the line that it is made of.
 */
export const recordLimitBytes = 8 * 1024 * 1024;

/** How much of something unreadable is kept as text. */
const keptBytes = 64 * 1024;

/** The text of unreadable bytes, cut. Bytes that are no UTF-8 come out as replacement characters. */
export const keptText = (bytes: Buffer): string => bytes.toString('utf8', 0, Math.min(bytes.length, keptBytes));
