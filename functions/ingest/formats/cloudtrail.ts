import { jsonElements } from '../content/json-elements.ts';
import { isObject } from '../content/parse-json.ts';
import type { Parser } from '../log-record.ts';
import { ofObjects, type Reading } from './reading.ts';
import { timeOf } from './times.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A log file of CloudTrail: a document with the events in `Records`
 * (docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html). Insights events come in the same way.
 */
export const cloudtrail: Parser = (bytes, { resumeAt }) =>
  ofObjects(jsonElements(bytes, 'Records', resumeAt), cloudtrailEvent);

/** Whether a JSON object is an event of CloudTrail, wherever it was found. */
export const isCloudtrailEvent = (json: Fields): boolean =>
  ['eventVersion', 'eventID', 'eventTime'].every((name) => typeof json[name] === 'string');

/** An event with the names that CloudTrail gives. Its id is unique within the account that received it. */
export function cloudtrailEvent(event: Fields): Reading {
  if (!isCloudtrailEvent(event)) return { fault: 'no CloudTrail event: eventVersion, eventID or eventTime is missing' };
  const account = typeof event.recipientAccountId === 'string' ? event.recipientAccountId : '';
  return {
    document: withObjects(event),
    time: timeOf(event.eventTime),
    eventId: `${account}/${event.eventID as string}`,
  };
}

/** Members that are mapped as objects; some services put text or a list there, which the index would refuse. */
const objects = [
  'requestParameters',
  'responseElements',
  'additionalEventData',
  'serviceEventDetails',
  'insightDetails',
];

function withObjects(event: Fields): Fields {
  const wrapped = objects
    .filter((name) => event[name] !== undefined && event[name] !== null && !isObject(event[name]))
    .map((name) => [name, { value: event[name] }]);
  return wrapped.length === 0 ? event : { ...event, ...(Object.fromEntries(wrapped) as Fields) };
}
