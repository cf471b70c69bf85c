/** Calls that one run makes and another does not: by how fast the cluster is, or after failures that no run brings about. */
import type { WorkflowWithRole } from '../../functions/rights/contract.ts';

interface Sometimes {
  readonly when: string;
  readonly functions: readonly string[];
  /** `GET /{index}/_settings` */
  readonly calls: readonly string[];
}

const slowDeletion = {
  when: 'a snapshot is still being deleted after the time that the first question waits',
  functions: ['check-deletion'],
  calls: ['GET /_snapshot/{repository}/{snapshot}'],
};
const brokenSnapshot = {
  when: 'an earlier attempt left a snapshot that is PARTIAL or FAILED',
  functions: ['start-snapshot'],
  calls: ['DELETE /_snapshot/{repository}/{snapshot}'],
};

export const sometimes: Readonly<Record<WorkflowWithRole, readonly Sometimes[]>> = {
  archive: [slowDeletion, brokenSnapshot],
  snapshot: [slowDeletion, brokenSnapshot],
  restore: [
    {
      when: 'it looks at an index of which a shard has not begun to be restored, or is given up',
      functions: [
        'check-drilled',
        'check-replacement',
        'check-restore',
        'prepare-indices',
        'record-restore',
        'remove-copies',
        'replace-indices',
        'start-restore',
        'undo-restore',
        'verify-replacement',
        'verify-restore',
      ],
      calls: ['POST /_cluster/allocation/explain'],
    },
    {
      when: 'its own index is there and whole; else the routing table tells',
      functions: ['prepare-indices', 'remove-copies', 'replace-indices', 'start-restore', 'undo-restore'],
      calls: ['GET /{index}/_recovery'],
    },
    {
      when: 'an earlier attempt left an index that is not whole',
      functions: ['prepare-indices'],
      calls: ['DELETE /{index}'],
    },
    {
      when: 'the index that it was to replace is there',
      functions: ['undo-restore'],
      calls: ['GET /{index}/_settings', 'GET /{index}/_stats/docs,store'],
    },
  ],
};
