import { readAccessLog } from './access-log.ts';
import { byLine } from './reading.ts';
import { monthOf, utcTime } from './times.ts';

/** docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html; `total_time` and `turn_around_time` in milliseconds. */
export const s3AccessLogs = byLine(
  readAccessLog({
    columns: [
      ['bucket_owner'],
      ['bucket'],
      ['time'],
      ['remote_ip'],
      ['requester'],
      ['request_id'],
      ['operation'],
      ['key'],
      ['request', 'request'],
      ['http_status', 'number'],
      ['error_code'],
      ['bytes_sent', 'number'],
      ['object_size', 'number'],
      ['total_time', 'number'],
      ['turn_around_time', 'number'],
      ['referer'],
      ['user_agent'],
      ['version_id'],
      ['host_id'],
      ['signature_version'],
      ['cipher_suite'],
      ['authentication_type'],
      ['host_header'],
      ['tls_version'],
      ['access_point_arn'],
      ['acl_required'],
      ['source_region'],
    ],
    begins: /^\S+ \S+ \[/,
    atLeast: 17,
    brackets: true,
    time: logTime,
  }),
);

/** Such as `06/Feb/2019:00:00:38 +0000`. */
function logTime(text: string): Date | undefined {
  const parts = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})$/.exec(text);
  if (!parts) return undefined;
  const [, day, month = '', year, hour, minute, second, zone] = parts;
  return utcTime(Number(year), monthOf(month), Number(day), [hour, minute, second].map(Number), 0, zone);
}
