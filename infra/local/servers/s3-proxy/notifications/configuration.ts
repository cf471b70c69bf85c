import { randomUUID } from 'node:crypto';
import { errorAnswer } from '../answer.ts';
import { elements, escape, text } from '../xml.ts';
import { eventsOverlap, isSimulated } from './event-names.ts';
import { NotificationsRefused } from './refused.ts';

/** One entry of a bucket's notification configuration. */
export interface NotificationRule {
  id: string;
  kind: Kind;
  /** ARN of a queue or topic. */
  destination: string;
  /** As `s3:ObjectCreated:Put`. */
  events: readonly string[];
  /** Empty: any key. Both encoded, as keys are in messages: see `fits`. */
  prefix: string;
  suffix: string;
}

type Kind = 'Queue' | 'Topic';
const SERVICES: readonly (readonly [Kind, string])[] = [
  ['Queue', 'sqs'],
  ['Topic', 'sns'],
];
const NOT_SIMULATED = /<(CloudFunctionConfiguration|LambdaFunctionConfiguration|EventBridgeConfiguration)[\s/>]/;
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/**
 * Reads the body of PutBucketNotificationConfiguration; an entry without an id gets one, as in S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 * @throws NotificationsRefused for what S3 refuses (its messages), and for what is not simulated here.
 */
export function parseConfiguration(body: string): NotificationRule[] {
  if (!body.includes('<NotificationConfiguration')) throw malformed();
  const unknown = NOT_SIMULATED.exec(body)?.[1];
  if (unknown !== undefined) {
    throw new NotificationsRefused(errorAnswer(501, 'NotImplemented', `The local S3 does not simulate ${unknown}`));
  }
  const rules = SERVICES.flatMap(([kind, service]) =>
    elements(body, `${kind}Configuration`).map((entry) => readRule(entry, kind, service)),
  );
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw invalid('Same ID used for multiple configurations. IDs must be unique');
  }
  rules.forEach((rule, index) => rules.slice(0, index).forEach((other) => refuseOverlap(rule, other)));
  return rules;
}

function readRule(entry: string, kind: Kind, service: string): NotificationRule {
  const destination = text(entry, kind);
  const events = elements(entry, 'Event');
  if (destination === null || events.length === 0) throw malformed();
  if (!new RegExp(`^arn:[\\w-]+:${service}:[\\w-]+:\\d{12}:[\\w.-]+$`).test(destination)) {
    throw invalid('The ARN is not well formed', { ArgumentName: kind, ArgumentValue: destination });
  }
  const unsupported = events.find((event) => !isSimulated(event));
  if (unsupported !== undefined) {
    const details = { ArgumentName: 'Event', ArgumentValue: unsupported };
    throw invalid('The event is not supported for notifications of the local S3', details);
  }
  return { id: text(entry, 'Id') ?? randomUUID(), kind, destination, events, ...readFilter(entry) };
}

function readFilter(entry: string): { prefix: string; suffix: string } {
  const found = { prefix: '', suffix: '' };
  const seen = new Set<string>();
  for (const rule of elements(entry, 'FilterRule')) {
    const name = (text(rule, 'Name') ?? '').toLowerCase();
    if (name !== 'prefix' && name !== 'suffix') throw invalid('filter rule name must be either prefix or suffix');
    if (seen.has(name)) throw invalid(`Cannot specify more than one ${name} rule in a filter.`);
    seen.add(name);
    found[name] = text(rule, 'Value') ?? '';
  }
  return found;
}

function refuseOverlap(one: NotificationRule, other: NotificationRule): void {
  if (!one.events.some((event) => other.events.some((second) => eventsOverlap(event, second)))) return;
  if (!one.prefix.startsWith(other.prefix) && !other.prefix.startsWith(one.prefix)) return;
  if (!one.suffix.endsWith(other.suffix) && !other.suffix.endsWith(one.suffix)) return;
  const isFiltered = [one, other].some(({ prefix, suffix }) => prefix !== '' || suffix !== '');
  throw invalid(
    isFiltered
      ? 'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.'
      : 'Configurations overlap. Configurations on the same bucket cannot share a common event type.',
  );
}

/** The body that GetBucketNotificationConfiguration answers with. */
export function configurationBody(rules: readonly NotificationRule[]): string {
  const entries = rules.map(({ id, kind, destination, events, prefix, suffix }) => {
    const filters = [
      ['prefix', prefix],
      ['suffix', suffix],
    ] as const;
    const filterRules = filters
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `<FilterRule>${element('Name', name)}${element('Value', value)}</FilterRule>`)
      .join('');
    const filter = filterRules === '' ? '' : `<Filter><S3Key>${filterRules}</S3Key></Filter>`;
    const named =
      element('Id', id) + element(kind, destination) + events.map((each) => element('Event', each)).join('');
    return `<${kind}Configuration>${named}${filter}</${kind}Configuration>`;
  });
  return `<NotificationConfiguration xmlns="${NAMESPACE}">${entries.join('')}</NotificationConfiguration>`;
}

const element = (name: string, value: string): string => `<${name}>${escape(value)}</${name}>`;

const malformed = (): NotificationsRefused =>
  new NotificationsRefused(errorAnswer(400, 'MalformedXML', 'The XML you provided was not well-formed'));

const invalid = (message: string, details: Record<string, string> = {}): NotificationsRefused =>
  new NotificationsRefused(errorAnswer(400, 'InvalidArgument', message, details));
