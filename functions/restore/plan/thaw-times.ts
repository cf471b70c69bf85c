import type { ThawTier } from '../../../ports/object-store.ts';

/** Storage classes that have to be thawed, by what they ask. */
export type ColdClass = 'GLACIER' | 'DEEP_ARCHIVE';

/**
 * The longest that a thaw typically takes, hours. Undefined: the tier does not exist for the class.
 * Expedited takes 1 to 5 minutes, and for what is above 250 MB as long as 300 MB/s need: a volume of 32 GiB is there within a
 * quarter of an hour.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
export const thawHours: Record<ColdClass, Record<ThawTier, number | undefined>> = {
  GLACIER: { Expedited: 0.25, Standard: 5, Bulk: 12 },
  DEEP_ARCHIVE: { Expedited: undefined, Standard: 12, Bulk: 48 },
};

/** The class that a cold object is thawed as; what is unknown counts as the slowest and dearest. */
export const coldClass = (storageClass: string): ColdClass => (storageClass === 'GLACIER' ? 'GLACIER' : 'DEEP_ARCHIVE');
