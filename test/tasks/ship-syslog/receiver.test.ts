import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startReceiver, type Receiver } from '../../../tasks/ship-syslog/receiver.ts';
import { shipSyslogEnvironment } from '../../../tasks/ship-syslog/settings.ts';

vi.mock('node:fs/promises', { spy: true });

let folder: string;
let open: string;
let receiver: Receiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'permafrost-receiver-'));
  open = join(folder, 'current.log');
  // Opens its file as rsyslog does, and does nothing else.
  const program = join(folder, 'rsyslogd');
  writeFileSync(program, '#!/bin/sh\nexec 3>>"$SYSLOG_OPEN_FILE"\nexec sleep 60\n');
  chmodSync(program, 0o755);
  const pem = '-----BEGIN CERTIFICATE-----';
  const settings = {
    LOG_BUCKET: 'logs',
    LOG_BUCKET_REGION: 'eu-west-1',
    KEY_PREFIX: 'p/',
    SPOOL_FOLDER: folder,
    TLS_FOLDER: join(folder, 'tls'),
  };
  receiver = await startReceiver(
    shipSyslogEnvironment.parse({ ...settings, TLS_CERTIFICATE: pem, TLS_KEY: pem, RSYSLOGD: program }),
    open,
  );
  await expect.poll(() => receiver.holds(open), { timeout: 5000 }).toBe(true);
});
afterEach(async () => {
  vi.resetAllMocks();
  receiver.stop();
  await receiver.ended;
  rmSync(folder, { recursive: true });
});

describe('a file that the receiver writes to', () => {
  it('is held under its new name when it is renamed', async () => {
    const closed = join(folder, 'closed.log');
    renameSync(open, closed);
    expect(await receiver.holds(closed)).toBe(true);
    expect(await receiver.holds(open)).toBe(false);
  });

  it('is held no more when the receiver has ended', async () => {
    receiver.stop();
    await receiver.ended;
    expect(await receiver.holds(open)).toBe(false);
  });

  it.each(['readdir', 'readlink'] as const)('is not taken for free where %s cannot tell', async (call) => {
    vi.mocked(files[call]).mockRejectedValue(Object.assign(new TypeError('too many open files'), { code: 'EMFILE' }));
    await expect(receiver.holds(open)).rejects.toMatchObject({ code: 'EMFILE' });
  });
});
