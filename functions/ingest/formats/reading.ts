import type { Line } from '../content/lines.ts';
import { lines } from '../content/lines.ts';
import type { JsonPiece } from '../content/json-pieces.ts';
import { keptText } from '../content/limits.ts';
import { isObject } from '../content/parse-json.ts';
import type { LogRecord, Parsed, Parser, Place } from '../log-record.ts';

/** What a format makes of one line or value: the parts of a record, or why it is none. */
export type Reading =
  | { readonly document: LogRecord['document']; readonly time: Date | undefined; readonly eventId?: string | undefined }
  | { readonly fault: string };

/** A record or an unreadable, of a reading and the place and text that it was read from. */
export function parsed(reading: Reading, offset: number, text: () => string, part = 0): Parsed {
  if ('fault' in reading) {
    return { unreadable: { offset, reason: reading.fault, text: keptText(Buffer.from(text())) } };
  }
  const { document, time, eventId } = reading;
  return { record: { document, time, eventId, offset, part } };
}

/** Reads the lines or values of each chunk of bytes as they are asked for. */
export async function* ofChunks<Piece>(
  chunks: AsyncIterable<Iterable<Piece>>,
  read: (some: Iterable<Piece>) => Iterable<Parsed>,
): AsyncGenerator<Iterable<Parsed>> {
  for await (const some of chunks) yield read(some);
}

/** The parser of a format whose lines stand for themselves. Lines of nothing but white space carry nothing and give nothing. */
export const byLine =
  (read: (text: string, place: Place) => Reading): Parser =>
  (bytes, place) =>
    ofChunks(lines(bytes, place.resumeAt), function* (some) {
      for (const line of some) {
        if ('unreadable' in line) yield line;
        else if (!isBlank(line)) yield parsed(read(line.text, place), line.offset, () => line.text);
      }
    });

export const isBlank = ({ text }: Line): boolean => text === '' || text.trim() === '';

/** Records of JSON values that must be objects. */
export const ofObjects = (
  chunks: AsyncIterable<Iterable<JsonPiece>>,
  read: (value: Readonly<Record<string, unknown>>) => Reading,
): AsyncIterable<Iterable<Parsed>> =>
  ofChunks(chunks, function* (pieces) {
    for (const piece of pieces) {
      if ('unreadable' in piece) yield piece;
      else {
        const { value, offset } = piece;
        const reading = isObject(value) ? read(value) : { fault: 'not a JSON object' };
        yield parsed(reading, offset, () => JSON.stringify(value));
      }
    }
  });
