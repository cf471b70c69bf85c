/**
 * The function `index-s3-objects` in a process of its own, as it stays between runs: takes messages from its parent, works each off
 * in the time given, and answers with what came of it. Only the queue is the parent.
 */
import { connect, environment, indexS3Objects } from '../../functions/ingest/index-s3-objects.ts';

/** What the parent asks for: one run. */
export interface RunRequest {
  readonly body: string;
  readonly seconds: number;
}

export interface RunAnswer {
  readonly seconds: number;
  /** Messages that the run put into the queue. */
  readonly sent: readonly string[];
  readonly failed: boolean;
  /** By the names of the metrics. */
  readonly measured: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** Of the process since it began. */
  readonly peakMiB: number;
}

const sent: string[] = [];
const ports = {
  ...connect(environment.parse(process.env)),
  queue: { send: (body: string) => Promise.resolve(void sent.push(body)) },
};

async function run({ body, seconds }: RunRequest): Promise<RunAnswer> {
  sent.length = 0;
  const warnings: string[] = [];
  const measured: Record<string, number> = {};
  const telemetry = {
    info: () => undefined,
    warn: (text: string, facts?: object) => void warnings.push(`${text} ${JSON.stringify(facts)}`),
    measure: (name: string, value: number) => void (measured[name] = (measured[name] ?? 0) + value),
  };
  const begin = performance.now();
  const context = {
    getRemainingTimeInMillis: () => seconds * 1000 - (performance.now() - begin),
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:indexer',
  };
  const event = { Records: [{ messageId: 'message', body }] as never };
  const { batchItemFailures } = await indexS3Objects(event, context, ports, telemetry);
  return {
    seconds: (performance.now() - begin) / 1000,
    sent: [...sent],
    failed: batchItemFailures.length > 0,
    measured,
    warnings,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

process.on('message', (request: RunRequest) => {
  run(request).then(
    (answer) => process.send!(answer),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.send!('ready');
