/** By the element's id, its parameters; one that stands several times has a list of values. */
export type StructuredData = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

const element = /\[([^\s=\]"]{1,128})((?: +[^\s=\]"]{1,128}="(?:[^"\\]|\\.)*")*) *\]/sy;
const parameter = / +([^\s=\]"]+)="((?:[^"\\]|\\.)*)"/gs;

/**
 * Reads the structured data of RFC 5424, 6.3, and the message after it. Data that is not well-formed stays in the message: no part of
 * the line is lost.
 */
export function readStructuredData(text: string): { data: StructuredData | undefined; message: string } {
  if (text.startsWith('-')) return { data: undefined, message: text.slice(1).replace(/^ /, '') };
  // Senders choose the names: without a prototype, `__proto__` and `constructor` are names like any other.
  const data = Object.create(null) as Record<string, Record<string, string | string[]>>;
  let at = 0;
  for (element.lastIndex = 0; text[at] === '['; at = element.lastIndex) {
    const [, id = '', parameters = ''] = element.exec(text) ?? [];
    if (id === '') return { data: undefined, message: text };
    const values = (data[id] ??= Object.create(null) as Record<string, string | string[]>);
    for (const [, name = '', escaped = ''] of parameters.matchAll(parameter)) {
      const value = escaped.replace(/\\(["\\\]])/g, '$1');
      const before = values[name];
      if (before === undefined) values[name] = value;
      // Not copied each time: a line may name one parameter a million times.
      else if (Array.isArray(before)) before.push(value);
      else values[name] = [before, value];
    }
  }
  if (at < text.length && text[at] !== ' ') return { data: undefined, message: text };
  return { data, message: text.slice(at + 1) };
}
