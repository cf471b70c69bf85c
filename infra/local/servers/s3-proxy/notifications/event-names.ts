/** How an object comes to be, as events name it. */
export type Creation = 'Put' | 'Copy' | 'CompleteMultipartUpload';

const ANY_CREATION = 's3:ObjectCreated:*';
const CREATIONS: readonly Creation[] = ['Put', 'Copy', 'CompleteMultipartUpload'];

/** The events that are emitted here; a configuration that names another is refused rather than waited for in vain. */
const SIMULATED: ReadonlySet<string> = new Set([ANY_CREATION, ...CREATIONS.map((each) => `s3:ObjectCreated:${each}`)]);

export const isSimulated = (event: string): boolean => SIMULATED.has(event);

/** True when one thing that happens can be both. */
export const eventsOverlap = (one: string, other: string): boolean =>
  one === other || one === ANY_CREATION || other === ANY_CREATION;

export const includes = (events: readonly string[], creation: Creation): boolean =>
  events.some((event) => event === ANY_CREATION || event === `s3:ObjectCreated:${creation}`);
