import type { ExecutionFacts } from '../../ports/executions.ts';
import { parseCause } from '../failure/cause.ts';

/** How an execution that did not succeed ended, in words. */
export function howItEnded(arn: string, { status, error, cause }: ExecutionFacts): string {
  const why = error === undefined ? '' : ` with ${error}: ${parseCause(cause ?? '').message}`;
  return `The restore ${arn} ended ${status}${why}`;
}
