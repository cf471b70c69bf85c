/** The messages that ingestion writes into its own queues. */
import { z } from 'zod';
import type { ObjectToIndex, Understood } from './object-to-index.ts';

const place = { bucket: z.string().min(3), key: z.string().min(1), versionId: z.string().min(1).optional() };

/** Objects to index from their beginning: by the operator, or put off by a run that had no time for them. */
export const backfillMessage = z.strictObject({
  permafrost: z.literal('backfill'),
  objects: z
    .array(z.strictObject({ ...place, bytes: z.number().int().nonnegative().optional() }))
    .min(1)
    .readonly(),
});

/** The rest of an object. */
export const continuationMessage = z.strictObject({
  permafrost: z.literal('continuation'),
  ...place,
  resume: z.strictObject({
    offset: z.number().int().nonnegative(),
    header: z.string().optional(),
    etag: z.string().min(1),
    plain: z.boolean().optional(),
    runs: z.number().int().positive(),
  }),
});

export const ofBackfill = ({ objects }: z.output<typeof backfillMessage>): Understood => ({
  objects: objects.map(({ versionId, bytes, ...object }) => ({
    ...object,
    ...(versionId !== undefined && { versionId }),
    ...(bytes !== undefined && { bytes }),
  })),
  nothing: [],
});

export function ofContinuation(message: z.output<typeof continuationMessage>): Understood {
  const { bucket, key, versionId, resume } = message;
  const { header, plain, ...rest } = resume;
  const object = {
    bucket,
    key,
    ...(versionId !== undefined && { versionId }),
    resume: { ...rest, ...(header !== undefined && { header }), ...(plain && { plain }) },
  };
  return { objects: [object], nothing: [] };
}

/** The message that makes an indexer index this object, or what is left of it. */
export function messageFor(object: ObjectToIndex): string {
  const { resume, ...whole } = object;
  const { bytes: _announced, ...named } = whole;
  return JSON.stringify(
    resume === undefined
      ? ({ permafrost: 'backfill', objects: [whole] } satisfies z.input<typeof backfillMessage>)
      : ({ permafrost: 'continuation', ...named, resume } satisfies z.input<typeof continuationMessage>),
  );
}

/** The message that makes an indexer index these objects from their beginning. SQS takes up to 256 KiB: some 200 objects. */
export const backfillOf = (objects: readonly Omit<ObjectToIndex, 'resume'>[]): string =>
  JSON.stringify({ permafrost: 'backfill', objects } satisfies z.input<typeof backfillMessage>);
