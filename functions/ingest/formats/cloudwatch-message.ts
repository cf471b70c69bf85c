import { isTooDeep } from '../content/nesting.ts';
import { isObject, parseJson } from '../content/parse-json.ts';
import type { Parsed } from '../log-record.ts';
import { cloudtrailEvent, isCloudtrailEvent } from './cloudtrail.ts';
import { timeIn } from './json-document.ts';
import { parsed, type Reading } from './reading.ts';
import { epochTime } from './times.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The records of a message of a subscription filter, as Firehose delivers it and as a Lambda gets it (inflated)
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). Control messages give none.
 *
 * An event is known by account, log group, stream and its id. JSON in it is parsed into `json`; an event of CloudTrail becomes
 * the document itself, with the time that it tells; any other keeps its text in `message`, and the time that CloudWatch has of it.
 * @param offset of the message, for all of its records
 */
export function* cloudwatchRecords(message: unknown, offset: number): Generator<Parsed> {
  if (!isObject(message) || typeof message.messageType !== 'string') {
    yield parsed({ fault: 'no message of CloudWatch Logs' }, offset, () => JSON.stringify(message));
    return;
  }
  if (message.messageType === 'CONTROL_MESSAGE') return;
  const { logEvents } = message;
  if (message.messageType !== 'DATA_MESSAGE' || !Array.isArray(logEvents)) {
    const fault = 'a message of CloudWatch Logs that is neither data nor control';
    yield parsed({ fault }, offset, () => JSON.stringify(message));
    return;
  }
  const source = { owner: message.owner, logGroup: message.logGroup, logStream: message.logStream };
  for (const [part, event] of logEvents.entries()) {
    yield parsed(readEvent(event, source), offset, () => JSON.stringify({ ...source, event: event as unknown }), part);
  }
}

function readEvent(event: unknown, source: Fields): Reading {
  if (!isObject(event) || typeof event.message !== 'string') return { fault: 'no event of CloudWatch Logs' };
  const { id, message } = event;
  const names = [source.owner, source.logGroup, source.logStream, id];
  const eventId = names.every((name) => typeof name === 'string' && name !== '') ? names.join('/') : undefined;
  const where = { ...source, ...(typeof id === 'string' && { logEventId: id }) };
  const time = typeof event.timestamp === 'number' ? epochTime(event.timestamp) : undefined;
  const json = jsonIn(message);
  if (!json) return { document: { ...where, message }, time, eventId };
  if (!isCloudtrailEvent(json)) return { document: { ...where, message, json }, time: time ?? timeIn(json), eventId };
  const trail = cloudtrailEvent(json);
  if ('fault' in trail) return trail;
  return { document: { ...trail.document, ...where }, time: trail.time ?? time, eventId };
}

function jsonIn(message: string): Fields | undefined {
  if (!/^\s*\{/.test(message) || isTooDeep(message)) return undefined;
  const value = parseJson(message)?.value;
  return isObject(value) ? value : undefined;
}
