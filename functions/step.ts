import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { readEnvironment } from '../workflow/environment.ts';
import { ContractViolated } from '../workflow/errors.ts';
import { logFailure, logger, metrics, telemetry, type Telemetry } from './telemetry.ts';

/**
 * One state's work, apart from where it runs: a contract, the variables it needs, the ports it is connected to, and the
 * one domain call. `P` holds ports and settings.
 */
export interface Step<I extends z.ZodType, O extends z.ZodType, E extends z.ZodObject, P> {
  /** The state's name; also the name in the logs. */
  readonly state: string;
  readonly contract: { readonly input: I; readonly output: O };
  readonly environment: E;
  connect(variables: z.output<E>): P;
  run(input: z.output<I>, ports: P, telemetry: Telemetry): Promise<z.output<O>>;
}

/** Puts a step together, its types inferred from contract, environment and ports. */
export const defineStep = <I extends z.ZodType, O extends z.ZodType, E extends z.ZodObject, P>(
  state: string,
  contract: { readonly input: I; readonly output: O },
  work: Pick<Step<I, O, E, P>, 'environment' | 'connect' | 'run'>,
): Step<I, O, E, P> => ({ state, contract, ...work });

/**
 * Runs a step on what the state machine hands over.
 * @throws ContractViolated when input or output do not fit the contract.
 */
export async function runStep<I extends z.ZodType, O extends z.ZodType, E extends z.ZodObject, P>(
  step: Step<I, O, E, P>,
  event: unknown,
  ports: P,
  say: Telemetry = telemetry,
): Promise<z.output<O>> {
  const input = step.contract.input.safeParse(event);
  if (!input.success) throw violated(step.state, 'input', input.error);
  const output = step.contract.output.safeParse(await step.run(input.data, ports, say));
  if (!output.success) throw violated(step.state, 'output', output.error);
  return output.data;
}

const violated = (state: string, side: 'input' | 'output', error: z.ZodError): ContractViolated =>
  new ContractViolated(
    `${state}: ${side} does not fit its contract: ` +
      error.issues.map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}`).join('; '),
  );

/**
 * The Lambda handler of a step. The environment is read and the ports are connected on the first call of a cold start, and
 * kept; a variable that is missing or malformed fails that call with `InvalidSettings`, which names it.
 */
export function lambdaHandler<I extends z.ZodType, O extends z.ZodType, E extends z.ZodObject, P>(
  step: Step<I, O, E, P>,
): (event: unknown, context: Context) => Promise<z.output<O>> {
  let ports: P | undefined;
  return middy<unknown, z.output<O>>()
    .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
    .before(({ event, context }) => {
      logger.resetKeys();
      logger.addContext(context);
      logger.appendKeys({ state: step.state, ...archiveIdOf(event) });
      logger.info('Started');
    })
    .after(({ response }) => {
      logger.info('Done', { output: response });
    })
    .onError(({ error }) => {
      if (error) logFailure(error);
    })
    .handler(async (event) => {
      ports ??= step.connect(readEnvironment(step.environment));
      return runStep(step, event, ports);
    });
}

const archiveIdOf = (event: unknown): { archiveId?: string } =>
  typeof event === 'object' && event !== null && 'archiveId' in event && typeof event.archiveId === 'string'
    ? { archiveId: event.archiveId }
    : {};
