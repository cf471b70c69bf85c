import { z } from 'zod';
import { RuntimeServiceError } from '../runtime/errors.ts';
import type { LogGroups } from '../runtime/log-groups.ts';
import type { JsonAnswer } from './ecs-protocol.ts';

const group = z.object({ logGroupName: z.string().min(1) });
const stream = group.extend({ logStreamName: z.string().min(1) });
const batch = stream.extend({
  logEvents: z
    .array(z.object({ timestamp: z.number().int().nonnegative(), message: z.string().min(1) }))
    .min(1)
    .max(10_000),
});

const BATCH_BYTES = 1_048_576;
/** Counted for each event beside its message. */
const EVENT_BYTES = 26;
const DAY_MS = 24 * 3_600_000;

/**
 * The operations of CloudWatch Logs that exist locally, over its JSON 1.1 protocol, with the limits of
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function answerLogs(logGroups: LogGroups, operation: string, input: Record<string, unknown>): JsonAnswer {
  try {
    return { status: 200, content: perform(logGroups, operation, input) };
  } catch (error) {
    if (!(error instanceof RuntimeServiceError)) throw error;
    return { status: 400, content: { __type: error.name, message: error.message } };
  }
}

function perform(logGroups: LogGroups, operation: string, input: Record<string, unknown>): object {
  switch (operation) {
    case 'CreateLogGroup':
      logGroups.createGroup(read(group, input).logGroupName);
      return {};
    case 'CreateLogStream': {
      const { logGroupName, logStreamName } = read(stream, input);
      logGroups.createStream(logGroupName, logStreamName);
      return {};
    }
    case 'PutLogEvents': {
      const { logGroupName, logStreamName, logEvents } = read(batch, input);
      checkBatch(logEvents);
      const rejected = logGroups.put(logGroupName, logStreamName, logEvents);
      return Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {};
    }
    default:
      throw new RuntimeServiceError('UnknownOperationException', `${operation} does not exist in the local stack`);
  }
}

function checkBatch(events: z.output<typeof batch>['logEvents']): void {
  const times = events.map(({ timestamp }) => timestamp);
  if (times.some((time, index) => time < (times[index - 1] ?? 0)))
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  if ((times.at(-1) ?? 0) - (times[0] ?? 0) > DAY_MS)
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_BYTES, 0);
  if (bytes > BATCH_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES}`);
}

function read<T>(schema: z.ZodType<T>, input: Record<string, unknown>): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

const invalid = (message: string): RuntimeServiceError => new RuntimeServiceError('InvalidParameterException', message);
