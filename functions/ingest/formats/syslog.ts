import type { Place } from '../log-record.ts';
import { byLine, type Reading } from './reading.ts';
import { readStructuredData } from './syslog-structured-data.ts';
import { stampTime } from './syslog-stamp.ts';
import { isoTime } from './times.ts';

const facilities = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
const severities = 'emergency alert critical error warning notice informational debug'.split(' ');

const rfc5424 = /^1 (\S+) (\S+) (\S+) (\S+) (\S+) (-(?: .*)?|\[.*)$/s;
const stamp = String.raw`[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?|\d{4}-\d\d-\d\dT\S+`;
// What ends with a colon is the tag of a message whose sender left out the hostname.
const rfc3164 = new RegExp(`^(${stamp}):? (?:(\\S*[^\\s:]) )?(.*)$`, 's');
const tagged = /^([^\s:[\]]{1,128})(?:\[([^\]\s]*)\])?: ?(.*)$/s;

/**
 * Syslog, a message a line: RFC 5424 with structured data, RFC 3164 (or with an ISO 8601 time, as rsyslog writes), with or without
 * the priority. Fields are named as in the Elastic Common Schema, but for `log.syslog.timestamp`: the stamp as it was written. A stamp of RFC 3164 has no zone, and is taken as UTC, and no year:
 * see `stampTime`.
 *
 * After a valid priority anything is a message (RFC 3164, 4.3.2 and 4.3.3). A line without priority and without time is unreadable.
 */
export const syslog = byLine((line, place) => {
  const [whole = '', digits] = /^<(\d{1,3})>/.exec(line) ?? [];
  if (digits === undefined) return readOld(line, {}, place) ?? { fault: 'neither a priority nor a time of syslog' };
  if (Number(digits) > 191) return { fault: 'a priority above 191' };
  const rest = line.slice(whole.length);
  const priority = priorityFields(Number(digits));
  return readNew(rest, priority) ?? readOld(rest, priority, place) ?? readBare(rest, priority);
});

type Fields = Readonly<Record<string, unknown>>;

function priorityFields(priority: number): Fields {
  const [facility, severity] = [priority >> 3, priority & 7];
  return {
    priority,
    facility: { code: facility, name: facilities[facility] },
    severity: { code: severity, name: severities[severity] },
  };
}

function readNew(text: string, priority: Fields): Reading | undefined {
  const match = rfc5424.exec(text);
  if (!match) return undefined;
  const [time = '', hostname, appname, procid, msgid, rest = ''] = match.slice(1);
  const { data, message } = readStructuredData(rest);
  const header = absentLeftOut({ timestamp: time, appname, procid, msgid });
  const fields = { ...priority, version: '1', ...header, ...(data && { structured_data: data }) };
  return { document: documentOf(message.replace(/^\ufeff/, ''), hostname, fields), time: isoTime(time) };
}

function readOld(text: string, priority: Fields, place: Place): Reading | undefined {
  const match = rfc3164.exec(text);
  if (!match) return undefined;
  const [, time = '', hostname, content = ''] = match;
  const [, appname, procid, message = content] = tagged.exec(content) ?? [];
  const fields = { ...priority, ...absentLeftOut({ timestamp: time, appname, procid }) };
  return { document: documentOf(message, hostname, fields), time: isoTime(time) ?? stampTime(time, place) };
}

const readBare = (message: string, priority: Fields): Reading => ({
  document: documentOf(message, undefined, priority),
  time: undefined,
});

const documentOf = (message: string, hostname: string | undefined, syslogFields: Fields): Fields => ({
  message,
  ...(hostname !== undefined && hostname !== '-' && { host: { name: hostname } }),
  log: { syslog: syslogFields },
});

const absentLeftOut = (fields: Readonly<Record<string, string | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== '-' && value !== ''),
  );
