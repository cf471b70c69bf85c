import { writeFileSync } from 'node:fs';
import { ndjson, savedObjects } from './saved-objects.ts';

/** Writes cloudtrail.ndjson anew: `node infra/ingest/analytics/saved-objects/write.ts`, after a change of what it is made of. */
writeFileSync(new URL('cloudtrail.ndjson', import.meta.url), ndjson(savedObjects()));
