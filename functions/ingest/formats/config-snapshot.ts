import { jsonElements } from '../content/json-elements.ts';
import { isTooDeep } from '../content/nesting.ts';
import { isObject, parseJson } from '../content/parse-json.ts';
import type { Parser } from '../log-record.ts';
import { ofObjects } from './reading.ts';
import { timeOf, utcTime } from './times.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A snapshot or a history file of AWS Config: a document with `configurationItems`
 * (docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html).
 *
 * The time of an item in a history is when it was captured. A snapshot says of all resources how they are at its own time, which is in
 * its key: by the time of capture, which may be years ago, each snapshot would write to indices that are long archived. For the same
 * reason items have no event id: an unchanged one belongs into each snapshot.
 */
export const configSnapshot: Parser = (bytes, { key, resumeAt }) => {
  const taken = snapshotTime(key);
  return ofObjects(jsonElements(bytes, 'configurationItems', resumeAt), (item) =>
    typeof item.resourceType === 'string'
      ? { document: withObjects(item), time: taken ? taken.time : timeOf(item.configurationItemCaptureTime) }
      : { fault: 'no configuration item: resourceType is missing' },
  );
};

/** Of a snapshot's key, such as `.../123456789012_Config_eu-west-1_ConfigSnapshot_20260102T030405Z_<id>.json.gz`. */
function snapshotTime(key: string): { time: Date | undefined } | undefined {
  const stamp = /_ConfigSnapshot_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/.exec(key)?.slice(1).map(Number);
  if (!stamp) return key.includes('_ConfigSnapshot_') ? { time: undefined } : undefined;
  const [year = 0, month = 0, day = 0, ...clock] = stamp;
  return { time: utcTime(year, month, day, clock) };
}

/** What is mapped as an object but is text for some resources: the JSON in it, or a wrapper around it. */
const objects = ['configuration', 'supplementaryConfiguration', 'tags'];

function withObjects(item: Fields): Fields {
  const made = objects
    .filter((name) => item[name] !== undefined && item[name] !== null && !isObject(item[name]))
    .map((name) => [name, objectOf(item[name])]);
  return made.length === 0 ? item : { ...item, ...(Object.fromEntries(made) as Fields) };
}

function objectOf(value: unknown): Fields {
  const inner = typeof value === 'string' && !isTooDeep(value) ? parseJson(value)?.value : undefined;
  return isObject(inner) ? inner : { value };
}
