import { z } from 'zod';

/** Rules of the names that the settings hold, each with its own message. */

/** Characters that OpenSearch refuses in index names, and those with a meaning of their own in a list or a URL. */
const refusedInIndexNames = /[\\/*?"<>|\s,#:%]/;

/** Date tokens of an index pattern. A token may stand only once, or two parts of a name could contradict each other. */
const tokens = ['YYYY', 'MM', 'DD', 'HH'] as const;

const tokenCount = (pattern: string, token: string): number => pattern.split(token).length - 1;
const withoutTokens = (pattern: string): string => tokens.reduce((rest, token) => rest.replace(token, ''), pattern);

/**
 * `logdata-DDMMYYYY`, `cwl-YYYY.MM.DD`: an index name with tokens for the period that the index holds. Of several faults the first is
 * told: the others mostly follow from it.
 */
export const indexPattern = z
  .string()
  .min(1)
  .max(255)
  .refine((pattern) => !refusedInIndexNames.test(pattern), {
    error:
      'contains a character that index names cannot have (no space, comma or any of \\/*?"<>|#:%): app-YYYY.MM.DD, one index a period',
    abort: true,
  })
  .refine((pattern) => ['YYYY', 'MM', 'DD'].every((token) => tokenCount(pattern, token) === 1), {
    error: 'must contain each of YYYY, MM and DD exactly once: app-YYYY.MM.DD',
    abort: true,
  })
  .refine((pattern) => tokenCount(pattern, 'HH') <= 1, { error: 'may contain HH only once', abort: true })
  .refine((pattern) => withoutTokens(pattern) === withoutTokens(pattern).toLowerCase(), {
    error: 'must be lower case but for the tokens YYYY, MM, DD and HH: app-YYYY.MM.DD',
    abort: true,
  })
  .refine((pattern) => !/^[._+-]/.test(pattern), {
    error: 'must not begin with ".", "_", "-" or "+": system indices are never archived',
    abort: true,
  });

/** An index name, `*` standing for any characters. */
export const indexExpression = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => name === name.toLowerCase(), { error: 'must be lower case' })
  .refine((name) => !refusedInIndexNames.test(name.replaceAll('*', '')), {
    error: 'contains a character that index names cannot have (no space, comma or any of \\/?"<>|#:%)',
  });

/** Begins archive ids and with them snapshot and repository names, which OpenSearch wants in lower case. */
export const archiveIdPrefix = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, {
  error: 'must be 1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
});

/** Of a snapshot repository: it stands in paths, which rights are narrowed to. */
export const repositoryName = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, {
  error: 'must be 1 to 100 of a-z, 0-9, "_", "." and "-", beginning with a letter or digit',
});

/** Begins the names of buckets, functions and all other resources; short, since bucket names end at 63 characters. */
export const resourcePrefix = z.string().regex(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, {
  error: 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter and not ending with "-"',
});
