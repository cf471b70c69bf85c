import { timeOf } from './times.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where loggers put the time of an event, the most telling name first. */
const timeFields = ['@timestamp', 'timestamp', 'eventTime', 'time', 'ts', 'datetime', 'date'];
const messageFields = ['message', 'msg', 'log'];
const levelFields = ['level', 'severity', 'loglevel', 'levelname'];

/**
 * A document of JSON of any make: all of it under `json`, so that its names cannot flood or contradict the mapping; beside it, where
 * there are such, the text of the message and the level, which are searched most.
 */
export function jsonDocument(json: Fields): { document: Fields; time: Date | undefined } {
  const message = firstText(json, messageFields);
  const level = firstText(json, levelFields);
  return {
    document: {
      ...(message !== undefined && { message }),
      ...(level !== undefined && { log: { level } }),
      json,
    },
    time: timeIn(json),
  };
}

/** The event's time by the first of the usual names that holds one. */
export function timeIn(json: Fields): Date | undefined {
  for (const name of timeFields) {
    const time = timeOf(json[name]);
    if (time) return time;
  }
  return undefined;
}

function firstText(json: Fields, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = json[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}
