import { JsonLines } from './json-lines.ts';

/** A message as it was published to a topic. */
export interface Notification {
  /** ISO 8601, of the publication. */
  time: string;
  topicArn: string;
  subject: string | null;
  message: string;
  messageAttributes: Record<string, { type: string; value: string }>;
}

/** Reads an SNS Publish request (query protocol). Publishing to a phone number or an endpoint is not to a topic: undefined. */
export function publishedNotification(form: URLSearchParams): Notification | undefined {
  const topicArn = form.get('TopicArn') ?? form.get('TargetArn');
  if (form.get('Action') !== 'Publish' || topicArn === null) return undefined;
  const messageAttributes: Notification['messageAttributes'] = {};
  for (let index = 1; form.has(`MessageAttributes.entry.${index}.Name`); index += 1) {
    const entry = (key: string): string => form.get(`MessageAttributes.entry.${index}.${key}`) ?? '';
    messageAttributes[entry('Name')] = { type: entry('Value.DataType'), value: entry('Value.StringValue') };
  }
  return {
    time: new Date().toISOString(),
    topicArn,
    subject: form.get('Subject'),
    message: form.get('Message') ?? '',
    messageAttributes,
  };
}

/** What was published, in order, kept over restarts. */
export class Notifications extends JsonLines<Notification> {}
