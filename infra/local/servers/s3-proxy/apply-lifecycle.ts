import type { ObjectVersion, S3Client } from '@aws-sdk/client-s3';
import { GetObjectTaggingCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { classAfterTransitions, transitionRules } from './lifecycle.ts';
import type { ProxyState } from './state.ts';
import { NULL_VERSION, STANDARD } from './state.ts';

/** Current versions that changed class, counted by bucket and new class. */
export interface LifecycleResult {
  objects: number;
  buckets: Record<string, Record<string, number>>;
}

/**
 * Makes every transition of the buckets' enabled rules happen now, whatever its days. Only current versions move, and S3's
 * default minimum size (128 KiB) is not observed: it would keep the small volumes of a trial warm.
 */
export async function applyLifecycle(
  state: ProxyState,
  s3: S3Client,
  onlyBucket: string | null,
): Promise<LifecycleResult> {
  const result: LifecycleResult = { objects: 0, buckets: {} };
  for (const bucket of state.bucketsWith('lifecycle')) {
    if (onlyBucket !== null && onlyBucket !== bucket) continue;
    const counts = await transitionBucket(s3, state, bucket);
    result.buckets[bucket] = Object.fromEntries(counts);
    for (const count of counts.values()) result.objects += count;
  }
  await state.save();
  return result;
}

async function transitionBucket(s3: S3Client, state: ProxyState, bucket: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const rules = transitionRules(state.configuration(bucket, 'lifecycle')?.body ?? '');
  if (rules.length === 0) return counts;
  const wantsTags = rules.some((rule) => rule.tags.size > 0);
  for await (const { Key: key = '', VersionId: versionId = NULL_VERSION, Size: size = 0 } of currentVersions(
    s3,
    bucket,
  )) {
    const tags = wantsTags ? await tagsOf(s3, bucket, key) : new Map<string, string>();
    const before = state.version(bucket, key, versionId)?.storageClass ?? STANDARD;
    const after = classAfterTransitions(rules, { key, size, tags }, before);
    if (after === before) continue;
    state.recordWrite(bucket, key, versionId, after);
    counts.set(after, (counts.get(after) ?? 0) + 1);
  }
  return counts;
}

async function* currentVersions(s3: S3Client, bucket: string): AsyncGenerator<ObjectVersion> {
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...from }));
    yield* (page.Versions ?? []).filter((version) => version.IsLatest);
    if (!page.IsTruncated) return;
    from = {
      ...(page.NextKeyMarker ? { KeyMarker: page.NextKeyMarker } : {}),
      ...(page.NextVersionIdMarker ? { VersionIdMarker: page.NextVersionIdMarker } : {}),
    };
  }
}

async function tagsOf(s3: S3Client, bucket: string, key: string): Promise<Map<string, string>> {
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }));
  return new Map((TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}
