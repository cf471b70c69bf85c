import type { FormatName } from '../../functions/ingest/formats/index.ts';

/** One record as it was written into an object. */
export interface MadeRecord {
  /** Of its first byte, or that of the message that it is part of. */
  readonly offset: number;
  readonly part: number;
  /** As the service would give it, with the account; undefined where it gives none. */
  readonly eventId: string | undefined;
  /** What `shownOf` must find in its document. */
  readonly shows: string;
}
export interface MadeLog {
  readonly content: string;
  readonly records: readonly MadeRecord[];
}

type Fields = Readonly<Record<string, unknown>>;
interface Written {
  readonly text: string;
  readonly shows: string;
  readonly eventId?: string;
}
interface Maker {
  /** Around and between records; line feeds after each where nothing else is said. */
  readonly open?: string;
  readonly between?: string;
  readonly close?: string;
  /** @param mark the same in some records, `unique` in none */
  readonly write: (mark: string, time: string, unique: string) => Written;
  readonly shown: (document: Fields) => string;
}

const account = '123456789012';
const target = '10.0.0.1:80 0.000 0.001 0.000 200 200 34 366';
const arn = `arn:aws:acm:eu-west-1:${account}:certificate/1`;
const same = (text: string): Written => ({ text, shows: text });
const withoutTime = ({ '@timestamp': _time, ...rest }: Fields): string => JSON.stringify(rest);
const ofJson: Pick<Maker, 'write' | 'shown'> = {
  write: (mark, time) => same(JSON.stringify({ timestamp: time, level: 'info', message: mark })),
  shown: ({ json }) => JSON.stringify(json),
};
/** An access log, of which the URL that was asked for shows. */
const requests = (line: (time: string, request: string) => string): Maker => ({
  write(mark, time) {
    const url = `https://www.example.com/${encodeURIComponent(mark)}`;
    return { text: line(time, `"GET ${url} HTTP/1.1"`), shows: url };
  },
  shown: ({ request_url: url }) => String(url),
});

const makers: Readonly<Record<Exclude<FormatName, 'cloudwatch-logs-delivered'>, Maker>> = {
  text: { write: (mark, time) => same(`${time} ${mark}`), shown: ({ message }) => String(message) },
  syslog: {
    write: (mark, time) => ({ text: `<165>1 ${time} web-1 app 17 - - ${mark}`, shows: mark }),
    shown: ({ message }) => String(message),
  },
  'json-lines': ofJson,
  'json-array': { ...ofJson, open: '[\n', between: ',\n', close: ']' },
  cloudtrail: {
    open: '{"Records":[',
    between: ',',
    close: ']}',
    write(mark, eventTime, eventID) {
      const event = { eventVersion: '1.11', eventID, eventTime, eventName: 'GetObject', requestParameters: { mark } };
      const text = JSON.stringify({ ...event, recipientAccountId: account });
      return { ...same(text), eventId: `${account}/${eventID}` };
    },
    shown: withoutTime,
  },
  'config-snapshot': {
    open: '{"fileVersion":"1.0","configurationItems":[',
    between: ',',
    close: ']}',
    write: (mark, time) =>
      same(JSON.stringify({ resourceType: 'AWS::EC2::Volume', resourceId: mark, configurationItemCaptureTime: time })),
    shown: withoutTime,
  },
  'vpc-flow-logs': {
    // Not the columns of logs without a header: a run that continues must have been told of them.
    open: 'instance-id start srcaddr bytes\n',
    write: (mark, time) => {
      const text = `${mark.replaceAll(' ', '-')} ${Date.parse(time) / 1000} 10.0.0.${mark.length} ${mark.length}`;
      return same(text);
    },
    shown: ({ instance_id: id, start, srcaddr, bytes }) => [id, start, srcaddr, bytes].join(' '),
  },
  'alb-access-logs': requests(
    (time, request) =>
      `https ${time} app/web/50dc6c495c0c9188 192.0.2.39:2817 ${target} ${request} "curl/7.46.0" - - arn:tg "Root=1" "-" "-" 0 ` +
      `${time} "forward" "-" "-"`,
  ),
  'elb-access-logs': requests((time, request) => `${time} web 192.0.2.39:2817 ${target} ${request} "curl/7.38.0" - -`),
  'nlb-access-logs': {
    write: (mark, time) => {
      const name = `${mark.replaceAll(' ', '-')}.example.com`;
      const text = `tls 2.0 ${time.slice(0, 19)} net/web/1 2 192.0.2.39:51341 10.0.0.1:443 5 2 98 246 - ${arn} - - tlsv12 - ${name}`;
      return { text: `${text} - - - ${time.slice(0, 19)}`, shows: name };
    },
    shown: ({ domain_name: name }) => String(name),
  },
  's3-access-logs': requests((time, request) => {
    const [, month, day] = /^\d+-(\d\d)-(\d\d)/.exec(time)!;
    const stamp = `${day}/${month === '03' ? 'Mar' : 'Feb'}/2024:${time.slice(11, 19)} +0000`;
    return `owner logs [${stamp}] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT key ${request} 200 - 113 - 7 - "-" "curl" -`;
  }),
};

/** What of a document tells that it is of one record and no other, and whole. */
export const shownOf = (format: FormatName, document: Fields): string =>
  format === 'cloudwatch-logs-delivered'
    ? `${String(document.logStream)}: ${String(document.message)}`
    : makers[format].shown(document);

/** Every third record is the same as others, in this object and in all: equal lines are records of their own. */
const markOf = (name: string, record: number): string =>
  record % 3 === 0 ? 'the same everywhere' : `${name} record ${record}`;
/** Of three days. */
const timeOf = (record: number): string => new Date(Date.UTC(2024, 1, 28 + (record % 3), 12, record % 2)).toISOString();

/** A log of a format, with as many records as asked for. `name` is used by no other log. */
export function makeLog(format: FormatName, name: string, count: number): MadeLog {
  if (format === 'cloudwatch-logs-delivered') return deliveredMessages(name, count);
  const { open = '', between = '\n', close = '\n', write } = makers[format];
  const records: MadeRecord[] = [];
  let content = open;
  for (let record = 0; record < count; record += 1) {
    if (record > 0) content += between;
    const { text, shows, eventId } = write(markOf(name, record), timeOf(record), `${name}-${record}`);
    records.push({ offset: Buffer.byteLength(content), part: 0, eventId, shows });
    content += text;
  }
  return { content: content + close, records };
}

/** Events in messages of seven, one message after the other without line feeds. */
function deliveredMessages(logStream: string, count: number): MadeLog {
  const records: MadeRecord[] = [];
  let content = '';
  for (let first = 0; first < count; first += 7) {
    const offset = Buffer.byteLength(content);
    const logEvents = Array.from({ length: Math.min(7, count - first) }, (_, part) => {
      const message = markOf(logStream, first + part);
      const id = `${first + part}`;
      const eventId = [account, '/app', logStream, id].join('/');
      records.push({ offset, part, eventId, shows: `${logStream}: ${message}` });
      return { id, timestamp: Date.parse(timeOf(first + part)), message };
    });
    content += JSON.stringify({ messageType: 'DATA_MESSAGE', owner: account, logGroup: '/app', logStream, logEvents });
  }
  return { content, records };
}
