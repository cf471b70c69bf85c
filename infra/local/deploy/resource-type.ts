import { z } from 'zod';
import { account, type Deployed, region } from '../template/scope.ts';
import { type Place, TemplateError } from '../template/errors.ts';
import type { LocalCloud } from './local-cloud.ts';

/** A resource of a template whose intrinsics are resolved. */
export interface Resource {
  stack: string;
  logicalId: string;
  type: string;
  properties: unknown;
}

/** How resources of one CloudFormation type come to be locally. Deploying one that is there already changes nothing. */
export type Deploy = (resource: Resource, cloud: LocalCloud) => Promise<Deployed> | Deployed;

/**
 * A resource type by the schema of the properties that it simulates. A property outside the schema stops the deployment: what
 * is silently dropped would work locally and fail, or differ, in the cloud.
 */
export function resourceType<P>(
  properties: z.ZodType<P>,
  deploy: (properties: P, resource: Resource, cloud: LocalCloud) => Promise<Deployed> | Deployed,
): Deploy {
  return (resource, cloud) => {
    const parsed = properties.safeParse(resource.properties);
    if (parsed.success) return deploy(parsed.data, resource, cloud);
    const [issue] = parsed.error.issues;
    const path = ['Properties', ...(issue?.path ?? [])].join('.');
    throw new TemplateError(placeOf(resource, path), `${resource.type}: ${issue?.message ?? 'malformed'}`);
  };
}

export const placeOf = ({ stack, logicalId }: Resource, path = ''): Place => ({ stack, logicalId, path });

/** A boolean as templates write it: `true` or `"true"`. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
/** A number as templates write it: `5` or `"5"`. */
export const count = z.coerce.number();
/** A property that changes nothing locally. */
export const unused = z.unknown().optional();

export const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() }));

/** The name of a resource that the template leaves unnamed. */
export const derivedName = ({ stack, logicalId }: Resource, longest = 64): string =>
  shortened(`${stack}-${logicalId}`, longest);

/** Keeps the end, which holds the hash that makes a logical id unique. */
const shortened = (name: string, longest: number): string => name.slice(-longest).replace(/^[^A-Za-z0-9]+/, '');

/** `arn:aws:<service>:us-east-1:000000000000:<resource>`. */
export const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`;
