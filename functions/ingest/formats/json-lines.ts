import { deepestNesting, isTooDeep } from '../content/nesting.ts';
import { isObject, parseJson } from '../content/parse-json.ts';
import { isCloudtrailEvent } from './cloudtrail.ts';
import { jsonDocument } from './json-document.ts';
import { byLine } from './reading.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One JSON object a line. */
export const jsonLines = byLine((text) => {
  if (isTooDeep(text)) return { fault: `no JSON that is read: nested deeper than ${deepestNesting}` };
  const parsed = parseJson(text);
  if (!parsed) return { fault: 'no JSON' };
  if (!isObject(parsed.value)) return { fault: 'not a JSON object' };
  const other = ownFormatOf(parsed.value);
  return other === undefined ? jsonDocument(parsed.value) : { fault: `of the format ${other}, not json-lines` };
});

/** Files that hold many events in one JSON object, and have a format of their own: here they would become one document. */
function ownFormatOf({ Records, configurationItems, messageType, logEvents }: Fields): string | undefined {
  if (Array.isArray(Records) && Records.some((each) => isObject(each) && isCloudtrailEvent(each))) return 'cloudtrail';
  if (Array.isArray(configurationItems)) return 'config-snapshot';
  if (typeof messageType === 'string' && Array.isArray(logEvents)) return 'cloudwatch-logs-delivered';
  return undefined;
}
