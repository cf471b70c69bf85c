import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { retentionSettings } from '../../../functions/snapshot/retention/settings.ts';
import { settingsSchema, type Settings, type SettingsInput } from '../../../infra/config/schema.ts';

const example = JSON.parse(readFileSync('infra/config/example.json', 'utf8')) as SettingsInput;
type Wanted = NonNullable<SettingsInput['snapshots']>;

const accepted = (snapshots: Wanted): Settings['snapshots'] =>
  settingsSchema.parse({ ...example, snapshots }).snapshots;
const refused = (snapshots: object): string[] =>
  settingsSchema
    .safeParse({ ...example, snapshots })
    .error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the settings of snapshots', () => {
  it('need nothing to be said', () => {
    const { snapshots: _, ...without } = example;
    const { snapshots } = settingsSchema.parse(without);
    expect(snapshots).toEqual({
      enabled: true,
      repository: 'permafrost-snapshots',
      namePrefix: 'snapshot',
      indices: ['*'],
      exclude: [],
      readonly: false,
      schedule: { expression: 'rate(30 minutes)', timezone: 'UTC' },
      timeoutHours: 6,
      alarmAfterHours: 2,
      retention: { unit: 'days', count: 3, minimumCount: 48, incomplete: { unit: 'days', count: 3 } },
      cleanUp: { cron: 'cron(15 3 ? * SUN *)', timezone: 'UTC' },
      warnAbove: 200,
      notify: 'warnings',
      settings: { basePath: 'snapshots' },
    });
  });

  it('name the repository after the deployment, unless it is named', () => {
    expect(settingsSchema.parse({ ...example, prefix: 'logs' }).snapshots.repository).toBe('logs-snapshots');
    expect(accepted({ repository: 'frequent' }).repository).toBe('frequent');
  });

  it('take every repository setting, under the names of this file', () => {
    const settings = {
      basePath: 'clusters/logs',
      client: 'backup',
      compress: true,
      chunkSize: '1gb',
      bufferSize: '100mb',
      cannedAcl: 'bucket-owner-full-control',
      storageClass: 'standard_ia',
      serverSideEncryption: true,
      serverSideEncryptionType: 'AES256',
      maxSnapshotBytesPerSec: '40mb',
      maxRestoreBytesPerSec: '0b',
    } as const;
    expect(accepted({ settings }).settings).toEqual(settings);
  });

  it('take a repository of another deployment, for reading only', () => {
    const ofOther = { readonly: true, bucket: 'first-snapshots', bucketRegion: 'eu-central-1' };
    expect(accepted({ ...ofOther, settings: { basePath: '' } })).toMatchObject(ofOther);
  });

  it('take cron expressions, and a schedule of its own for retention', () => {
    const daily = { cron: 'cron(0 1 * * ? *)', timezone: 'Europe/Dublin' };
    const { schedule, retention } = accepted({
      schedule: { expression: 'cron(0/30 * * * ? *)', timezone: 'Europe/Dublin' },
      retention: { unit: 'months', count: 2, schedule: daily },
    });
    expect(schedule).toEqual({ expression: 'cron(0/30 * * * ? *)', timezone: 'Europe/Dublin' });
    expect(retention.schedule).toEqual(daily);
    const { schedule: _, ...kept } = retention;
    expect(retentionSettings.parse(kept)).toEqual(kept);
  });

  it.each<[object, string]>([
    [{ repository: 'Frequent/*' }, 'repository: must be 1 to 100 of a-z'],
    [{ namePrefix: 'snap_shot' }, 'namePrefix: must be 1 to 40 of a-z'],
    [{ namePrefix: 'cs-automated-2' }, 'namePrefix: must not be that of the managed service'],
    [{ indices: [] }, 'indices: '],
    [{ indices: ['Logs-*'] }, 'indices.0: must be lower case'],
    [{ exclude: ['a b'] }, 'exclude.0: contains a character'],
    [{ bucket: 'Bucket' }, 'bucket: must be the name of a bucket'],
    [{ bucket: 'permafrost-staging-111122223333-eu-west-1' }, 'bucket: must be another than the buckets for archives'],
    [{ bucket: 'permafrost-archive-111122223333-eu-west-1' }, 'bucket: must be another than the buckets for archives'],
    [{ bucketRegion: 'eu-west-2' }, 'bucketRegion: is that of an existing bucket'],
    [{ bucket: 'mine', bucketRegion: 'Ireland' }, 'bucketRegion: must be the name of an AWS region'],
    [{ readonly: true }, 'bucket: must name the bucket that another deployment writes to'],
    [{ schedule: { expression: 'rate(30 minute)' } }, 'schedule.expression: must be rate(30 minutes)'],
    [{ schedule: { expression: 'every half hour' } }, 'schedule.expression: must be rate(30 minutes)'],
    [{ schedule: { timezone: 'Dublin' } }, 'schedule.timezone: must be a time zone'],
    [{ schedule: { expression: 'rate(2 hours)' } }, 'alarmAfterHours: must be longer than the time between'],
    [{ timeoutHours: 0 }, 'timeoutHours: '],
    [{ alarmAfterHours: 169 }, 'alarmAfterHours: '],
    [{ retention: { unit: 'fortnights' } }, 'retention.unit: '],
    [{ retention: { count: 0 } }, 'retention.count: '],
    [{ retention: { minimumCount: 0 } }, 'retention.minimumCount: '],
    [{ retention: { maximumCount: 47 } }, 'retention.maximumCount: must not be below minimumCount'],
    [{ retention: { incomplete: { unit: 'days' } } }, 'retention.incomplete.count: '],
    [{ retention: { schedule: { cron: 'daily' } } }, 'retention.schedule.cron: must be an expression of six fields'],
    [{ retention: { unit: 'months', count: 1 } }, 'warnAbove: is less than the number of snapshots'],
    [{ retention: { minimumCount: 201 } }, 'warnAbove: is less than the number of snapshots'],
    [{ cleanUp: { cron: 'weekly' } }, 'cleanUp.cron: must be an expression of six fields'],
    [{ notify: 'never' }, 'notify: '],
    [{ settings: { storageClass: 'glacier' } }, 'settings.storageClass: must not be a Glacier class'],
    [{ settings: { storageClass: 'DEEP_ARCHIVE' } }, 'settings.storageClass: must not be a Glacier class'],
    [{ settings: { storageClass: 'fast' } }, 'settings.storageClass: must be one of standard'],
    [{ settings: { chunkSize: '1 GB' } }, 'settings.chunkSize: must be a whole number with a unit'],
    [{ settings: { bufferSize: '1mb' } }, 'settings.bufferSize: must be 5mb to 5gb'],
    [{ settings: { maxSnapshotBytesPerSec: '40' } }, 'settings.maxSnapshotBytesPerSec: must be a whole number'],
    [{ settings: { basePath: '/snapshots' } }, 'settings.basePath: must not begin or end with "/"'],
    [{ settings: { base_path: 'x' } }, 'base_path'],
    [{ every: '30 minutes' }, 'every'],
  ])('refuse %j by name', (snapshots, message) => {
    expect(refused(snapshots).join('\n')).toContain(
      `snapshots.${message}`.replace(/^snapshots\.(base_path|every)$/, '$1'),
    );
  });

  it('allow a long retention where somebody has said that so many are wanted, or fewer are made', () => {
    const month = { unit: 'months', count: 1 } as const;
    expect(accepted({ retention: month, warnAbove: 1500 }).warnAbove).toBe(1500);
    expect(accepted({ retention: { ...month, maximumCount: 150 } }).retention.maximumCount).toBe(150);
    expect(
      accepted({ retention: month, schedule: { expression: 'rate(4 hours)' }, alarmAfterHours: 5 }).retention.unit,
    ).toBe('months');
  });
});
