/**
 * The fields of a line of an access log: separated by spaces, in quotes or (where `brackets`) in square brackets when they may hold
 * spaces themselves. Quotes and brackets are left out.
 *
 * Browsers send names with quotes in them, which some services write as they are. So a quote closes only where a space or the end of
 * the line follows, and the next quote, if any, opens a field: `"a "quoted" name" -` is one field and another.
 * @returns undefined where a quote or bracket is not closed
 */
export function splitFields(line: string, brackets: boolean): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; at < line.length;) {
    if (line[at] === ' ') {
      at++;
      continue;
    }
    const close = line[at] === '"' ? '"' : brackets && line[at] === '[' ? ']' : undefined;
    if (close === undefined) {
      const space = line.indexOf(' ', at);
      const end = space < 0 ? line.length : space;
      fields.push(line.slice(at, end));
      at = end;
      continue;
    }
    const end = closing(line, at + 1, close);
    if (end < 0) return undefined;
    fields.push(line.slice(at + 1, end));
    at = end + 1;
  }
  return fields;
}

/** Where the text from `from` on is closed, or -1. */
function closing(line: string, from: number, close: string): number {
  for (let end = line.indexOf(close, from); end >= 0; end = line.indexOf(close, end + 1)) {
    const next = line.indexOf('"', end + 1);
    const ends = end + 1 === line.length || line[end + 1] === ' ';
    if (ends && (next < 0 || line[next - 1] === ' ')) return end;
  }
  return -1;
}
