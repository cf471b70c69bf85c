import { z } from 'zod';
import { InvalidSettings } from './errors.ts';

/**
 * Reads the environment variables that `schema` names. Each function and task has its own schema beside its handler; infra
 * types the variables that it sets by the same schema, so that a missing one fails compilation.
 * @throws InvalidSettings naming each variable that is missing or malformed, never its value.
 */
export function readEnvironment<S extends z.ZodObject>(
  schema: S,
  variables: NodeJS.ProcessEnv = process.env,
): z.infer<S> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidSettings(`Environment variables are not usable: ${faults.join('; ')}`);
}
