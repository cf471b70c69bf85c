import type { FailedEvidence, PassedEvidence } from '../../archive/evidence.ts';

const common = {
  formatVersion: 1,
  drillId: 'drill-2026-02-01t04-00-00-0a1b2c',
  writtenAt: '2026-02-01T09:12:30.000Z',
  execution: {
    arn: 'arn:aws:states:eu-west-1:111122223333:execution:permafrost-drill:5e1f',
    startedAt: '2026-02-01T04:00:00.000Z',
  },
  tool: { name: 'permafrost', version: '0.1.0' },
  index: 'logdata-01012026',
  reason: 'one of 3 never drilled, of 31 archives under lock',
  signing: { keyId: '0f6c1c1e-3f0a-4f61-9d5e-2f1f8a0b7c3d', algorithm: 'ECDSA_SHA_256' },
} as const;

const archiveId = 'logdata-2026-01-02t02-00-00-a1b2c3';

export const passed: PassedEvidence = {
  ...common,
  verdict: 'passed',
  archive: { archiveId, sequence: 17, manifestSha256: 'a1'.repeat(32), checksumsSha256: 'b2'.repeat(32) },
  restore: {
    restoreId: 'restore-2026-02-01t04-00-03-9f8e7d',
    executionArn: 'arn:aws:states:eu-west-1:111122223333:execution:permafrost-restore:drill-2026-02-01t04-00-00-0a1b2c',
    startedAt: '2026-02-01T04:00:03.000Z',
    endedAt: '2026-02-01T09:12:01.000Z',
    seconds: 18718,
  },
  checked: {
    name: 'drill-logdata-01012026',
    uuid: 'kR3xZ0aPQ6m1vF8sT2bLwA',
    shards: 5,
    documents: 1234567,
    documentsExact: true,
    samples: 100,
    at: '2026-02-01T09:12:20.000Z',
  },
};

export const failed: FailedEvidence = {
  ...common,
  verdict: 'failed',
  archive: { archiveId, sequence: 17 },
  restoreExecutionArn: passed.restore.executionArn,
  failure: {
    state: 'CheckDrill',
    error: 'DrillFailed',
    cause:
      'The restore ended FAILED with DecryptionKeyUnusable: the private key does not fit <volume 1> & "its" recipients',
  },
};
