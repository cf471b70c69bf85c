import { byLine } from './reading.ts';
import { isoTime } from './times.ts';

/** Text: one line, one document. The time is that of an ISO 8601 date and time at the beginning of the line, if there is one. */
export const text = byLine((message) => {
  const stamp = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)(?![\d:])/.exec(
    message,
  );
  return { document: { message }, time: stamp?.[1] === undefined ? undefined : isoTime(stamp[1]) };
});
