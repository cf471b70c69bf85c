/** Where in a synthesized template something stands. */
export interface Place {
  stack: string;
  /** Logical id of the resource, or `Outputs.<name>` and the like for what is outside Resources. */
  logicalId: string;
  /** Path from the resource down, `Properties.Environment.Variables.BUCKET`. */
  path: string;
}

export const below = (place: Place, key: string | number): Place => ({
  ...place,
  path: place.path === '' ? String(key) : `${place.path}.${key}`,
});

/** The assembly holds something that the local stack cannot deploy; the message names stack, logical id and property path. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(place: Place, problem: string) {
    super([place.stack, place.logicalId, place.path].filter((part) => part !== '').join(' / ') + `: ${problem}`);
  }
}
