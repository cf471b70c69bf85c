import { readAccessLog, type Column } from './access-log.ts';
import { byLine } from './reading.ts';
import { isoTime } from './times.ts';

/** Seconds, -1 where the request was not passed on. */
const httpTail: readonly Column[] = [
  ['elb_status_code', 'number'],
  ['target_status_code', 'number'],
  ['received_bytes', 'number'],
  ['sent_bytes', 'number'],
  ['request', 'request'],
  ['user_agent'],
  ['ssl_cipher'],
  ['ssl_protocol'],
];

/** docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html */
export const albAccessLogs = byLine(
  readAccessLog({
    columns: [
      ['type'],
      ['time'],
      ['elb'],
      ['client', 'address'],
      ['target', 'address'],
      ['request_processing_time', 'number'],
      ['target_processing_time', 'number'],
      ['response_processing_time', 'number'],
      ...httpTail,
      ['target_group_arn'],
      ['trace_id'],
      ['domain_name'],
      ['chosen_cert_arn'],
      ['matched_rule_priority', 'number'],
      ['request_creation_time'],
      ['actions_executed'],
      ['redirect_url'],
      ['error_reason'],
      ['target_list'],
      ['target_status_code_list'],
      ['classification'],
      ['classification_reason'],
      ['conn_trace_id'],
      ['transformed_host'],
      ['transformed_uri'],
      ['request_transform_status'],
    ],
    begins: /^\w+ \d{4}-\d\d-\d\dT/,
    atLeast: 18,
    time: isoTime,
  }),
);

/** Of classic load balancers: docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html */
export const elbAccessLogs = byLine(
  readAccessLog({
    columns: [
      ['time'],
      ['elb'],
      ['client', 'address'],
      ['target', 'address'],
      ['request_processing_time', 'number'],
      ['target_processing_time', 'number'],
      ['response_processing_time', 'number'],
      ...httpTail,
    ],
    begins: /^\d{4}-\d\d-\d\dT/,
    atLeast: 12,
    time: isoTime,
  }),
);

/** TLS connections, times in milliseconds: docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html */
export const nlbAccessLogs = byLine(
  readAccessLog({
    columns: [
      ['type'],
      ['version'],
      ['time'],
      ['elb'],
      ['listener'],
      ['client', 'address'],
      ['destination', 'address'],
      ['connection_time', 'number'],
      ['tls_handshake_time', 'number'],
      ['received_bytes', 'number'],
      ['sent_bytes', 'number'],
      ['incoming_tls_alert', 'number'],
      ['chosen_cert_arn'],
      ['chosen_cert_serial'],
      ['tls_cipher'],
      ['tls_protocol_version'],
      ['tls_named_group'],
      ['domain_name'],
      ['alpn_fe_protocol'],
      ['alpn_be_protocol'],
      ['alpn_client_preference_list', 'list'],
      ['tls_connection_creation_time'],
    ],
    begins: /^\w+ \d+\.\d+ \d{4}-\d\d-\d\dT/,
    atLeast: 16,
    time: isoTime,
  }),
);
