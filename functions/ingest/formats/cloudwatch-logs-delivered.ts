import { jsonValues } from '../content/json-values.ts';
import type { Parser } from '../log-record.ts';
import { cloudwatchRecords } from './cloudwatch-message.ts';
import { ofChunks } from './reading.ts';

/** A message holds many events; Firehose takes one of a MiB compressed, which inflates to some more. */
const messageLimitBytes = 32 * 1024 * 1024;

/** Messages of subscription filters that Firehose put one after the other into an object, with or without line ends between. */
export const cloudwatchLogsDelivered: Parser = (bytes, { resumeAt }) =>
  ofChunks(jsonValues(bytes, resumeAt, messageLimitBytes), function* (pieces) {
    for (const piece of pieces) {
      if ('unreadable' in piece) yield piece;
      else yield* cloudwatchRecords(piece.value, piece.offset);
    }
  });
