import type { Parser } from '../log-record.ts';
import { cloudtrail } from './cloudtrail.ts';
import { cloudwatchLogsDelivered } from './cloudwatch-logs-delivered.ts';
import { configSnapshot } from './config-snapshot.ts';
import { jsonArray } from './json-array.ts';
import { jsonLines } from './json-lines.ts';
import { albAccessLogs, elbAccessLogs, nlbAccessLogs } from './load-balancer-access-logs.ts';
import { s3AccessLogs } from './s3-access-logs.ts';
import { syslog } from './syslog.ts';
import { text } from './text.ts';
import { vpcFlowLogs } from './vpc-flow-logs.ts';

/** The parser of each format, by the name that the settings of an indexer give. */
export const parsers = {
  'json-lines': jsonLines,
  'json-array': jsonArray,
  cloudtrail,
  'cloudwatch-logs-delivered': cloudwatchLogsDelivered,
  'config-snapshot': configSnapshot,
  'vpc-flow-logs': vpcFlowLogs,
  'alb-access-logs': albAccessLogs,
  'elb-access-logs': elbAccessLogs,
  'nlb-access-logs': nlbAccessLogs,
  's3-access-logs': s3AccessLogs,
  syslog,
  text,
} as const satisfies Readonly<Record<string, Parser>>;

export type FormatName = keyof typeof parsers;

/** All names, as a list that is not empty (for a schema). */
export const formatNames = Object.keys(parsers) as [FormatName, ...FormatName[]];
