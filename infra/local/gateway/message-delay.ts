import type { ServiceRequest } from './request.ts';

/**
 * The body of a SendMessage whose delay runs on the stack's clock, whole seconds; undefined for any other call. Queues have no clock
 * that could be set.
 */
export function withScaledDelay(
  { service, operation, parameters }: Pick<ServiceRequest, 'service' | 'operation' | 'parameters'>,
  timeScale: number,
): Buffer | undefined {
  const { DelaySeconds: seconds } = parameters;
  if (service !== 'sqs' || operation !== 'SendMessage' || typeof seconds !== 'number') return undefined;
  return Buffer.from(JSON.stringify({ ...parameters, DelaySeconds: Math.ceil(seconds * timeScale) }));
}
