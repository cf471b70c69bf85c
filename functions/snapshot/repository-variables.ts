import { z } from 'zod';
import { clusterVariables } from '../connect.ts';

/** What the functions that work in the schedule's repository need to know of it. */
export const repositoryVariables = { ...clusterVariables, REPOSITORY: z.string().min(1) };

/** A setting that infra writes as JSON text. */
export const jsonOf = <S extends z.ZodType>(
  schema: S,
): z.ZodPipe<z.ZodString, z.ZodPipe<z.ZodTransform<unknown, string>, S>> =>
  z.string().pipe(z.transform(parseJson).pipe(schema));

function parseJson(text: string, context: z.core.ParsePayload): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.issues.push({ code: 'custom', message: 'is not JSON', input: text });
    return z.NEVER;
  }
}
