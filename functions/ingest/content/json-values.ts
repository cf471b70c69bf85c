import { JsonPieces, type JsonPiece } from './json-pieces.ts';
import { recordLimitBytes } from './limits.ts';
import { garbage, scanOf, type Scan } from './json-scan.ts';

const openBrace = 0x7b;

/**
 * JSON objects one after the other, with or without white space between them. What is no object is unreadable: after a broken
 * one, reading goes on with the next line, or at the next object where there is no further line. Memory is bounded by `limit`.
 * @param from offset of the first byte of `bytes`
 * @param limit bytes of the longest object that is read
 * @returns for each chunk of bytes the objects that it completes, to be taken before the next chunk's
 */
export async function* jsonValues(
  bytes: AsyncIterable<Uint8Array>,
  from = 0,
  limit = recordLimitBytes,
): AsyncGenerator<Iterable<JsonPiece>> {
  const pieces = new JsonPieces(from, limit, { resumeInside: true });

  for await (const chunk of bytes) {
    pieces.append(chunk);
    yield values(pieces);
  }
  pieces.finish();
  yield values(pieces);
}

const begin = (first: number): Scan => (first === openBrace ? scanOf(first) : garbage('not a JSON object'));

function* values(pieces: JsonPieces): Generator<JsonPiece> {
  while (pieces.inValue || pieces.skipSpace()) {
    const piece = pieces.take(begin);
    if (!piece) return;
    yield piece;
  }
}
