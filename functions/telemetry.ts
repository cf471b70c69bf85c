import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Structured logs and metrics of the functions; names and namespace come from the environment (POWERTOOLS_*). */
export const logger = new Logger();
export const metrics = new Metrics();

/** What a step may say while it runs. Never a secret, never a document. */
export interface Telemetry {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  /** A figure of this run, for dashboards and alarms. */
  measure(name: string, value: number, unit: 'Count' | 'Bytes' | 'Seconds'): void;
}

export const telemetry: Telemetry = {
  info: (message, facts = {}) => logger.info(message, facts),
  warn: (message, facts = {}) => logger.warn(message, facts),
  measure: (name, value, unit) => metrics.addMetric(name, MetricUnit[unit], value),
};

/**
 * Logs why a function fails. Of errors and their causes only name, message and stack: the logger by itself would add whatever else
 * they hold, and the errors of the OpenSearch client hold the request, with password or signature and all documents.
 */
export function logFailure(error: Error): void {
  logger.error('Failed', { error: told(error) });
}

interface Told {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: Told;
}

const told = ({ name, message, stack, cause }: Error): Told => ({
  ...{ name, message, stack },
  ...(cause instanceof Error && { cause: told(cause) }),
});
