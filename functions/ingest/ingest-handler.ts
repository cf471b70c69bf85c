import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { readEnvironment } from '../../workflow/environment.ts';
import { logFailure, logger, metrics, telemetry, type Telemetry } from '../telemetry.ts';

/** A function of ingestion apart from where it runs. `P` holds ports and settings, connected once for a cold start. */
export interface IngestFunction<Event, Answer, E extends z.ZodObject, P> {
  /** As in the logs. */
  readonly name: string;
  readonly environment: E;
  connect(variables: z.output<E>): P;
  run(event: Event, context: Context, ports: P, telemetry: Telemetry): Promise<Answer>;
}

/**
 * The Lambda handler. No event is logged: it may be large, or hold a document. An error that comes out fails the whole batch, and
 * its messages are delivered again.
 */
export function ingestHandler<Event, Answer, E extends z.ZodObject, P>(
  work: IngestFunction<Event, Answer, E, P>,
): (event: Event, context: Context) => Promise<Answer> {
  let ports: P | undefined;
  return middy<Event, Answer>()
    .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
    .before(({ context }) => {
      logger.resetKeys();
      logger.addContext(context);
      logger.appendKeys({ function: work.name });
    })
    .onError(({ error }) => {
      if (error) logFailure(error);
    })
    .handler(async (event, context) => {
      ports ??= work.connect(readEnvironment(work.environment));
      return work.run(event, context, ports, telemetry);
    });
}
