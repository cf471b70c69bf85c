import { isObject, parseJson } from '../content/parse-json.ts';
import { jsonDocument } from './json-document.ts';
import { byLine } from './reading.ts';

/** One JSON object a line. */
export const jsonLines = byLine((text) => {
  const parsed = parseJson(text);
  if (!parsed) return { fault: 'no JSON' };
  return isObject(parsed.value) ? jsonDocument(parsed.value) : { fault: 'not a JSON object' };
});
