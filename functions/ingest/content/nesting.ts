/**
 * JSON that is nested deeper is not read: far above what an index can map, and far below what exhausts the stack of whatever writes it
 * again (some 4,000).
 */
export const deepestNesting = 500;

/** Whether a text that may be JSON is nested deeper than `deepestNesting`. */
export function isTooDeep(text: string): boolean {
  // Nearly always it has not so many brackets in all, which takes a tenth of the time to see.
  if (text.length < 2 * deepestNesting || !hasBrackets(text, deepestNesting + 1)) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > deepestNesting) return true;
  }
  return false;
}

function hasBrackets(text: string, least: number): boolean {
  let count = 0;
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count >= least) return true;
    }
  return false;
}
