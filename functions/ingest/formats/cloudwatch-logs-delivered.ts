import { jsonValues } from '../content/json-values.ts';
import type { Parser } from '../log-record.ts';
import { cloudwatchRecords } from './cloudwatch-message.ts';

/** A message holds many events; Firehose takes one of a MiB compressed, which inflates to some more. */
const messageLimitBytes = 32 * 1024 * 1024;

/** Messages of subscription filters that Firehose put one after the other into an object, with or without line ends between. */
export const cloudwatchLogsDelivered: Parser = async function* (bytes, { resumeAt }) {
  for await (const piece of jsonValues(bytes, resumeAt, messageLimitBytes)) {
    if ('unreadable' in piece) yield piece;
    else yield* cloudwatchRecords(piece.value, piece.offset);
  }
};
