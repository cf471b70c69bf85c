import { jsonElements } from '../content/json-elements.ts';
import type { Parser } from '../log-record.ts';
import { jsonDocument } from './json-document.ts';
import { ofObjects } from './reading.ts';

/** A JSON array of objects. */
export const jsonArray: Parser = (bytes, { resumeAt }) =>
  ofObjects(jsonElements(bytes, undefined, resumeAt), jsonDocument);
