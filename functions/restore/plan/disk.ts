import { DiskInsufficient } from '../../../workflow/errors.ts';

interface Sized {
  readonly index: { readonly bytes: number };
  readonly via: string | null;
}

/** Bytes that the restored indices take in the cluster: with replicas, and twice where a verified copy stands beside the final index. */
export const neededBytes = (targets: readonly Sized[], replicas: number): number =>
  targets.reduce((sum, { index, via }) => sum + index.bytes * (1 + replicas) * (via === null ? 1 : 2), 0);

/** @throws DiskInsufficient when the cluster has less */
export function requireDisk(needed: number, free: number): void {
  if (needed <= free) return;
  throw new DiskInsufficient(
    `The restore needs ${needed} bytes of disk, the cluster has ${free} free below its watermark: add storage, ask for fewer ` +
      'indices or replicas, or restore by "rename" where "replace" needs the space twice',
  );
}
