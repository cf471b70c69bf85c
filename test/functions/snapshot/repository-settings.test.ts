import { describe, expect, it } from 'vitest';
import {
  asOpenSearchHasThem,
  ignoredSettings,
  repositorySettings,
} from '../../../functions/snapshot/repository-settings.ts';

const least = {
  bucket: 'snapshots',
  base_path: 'logs',
  region: 'eu-west-1',
  role_arn: 'arn:aws:iam::111122223333:role/r',
};

describe('settings of the repository', () => {
  it('are sent as text, with what keeps the repository under its base path', () => {
    const settings = repositorySettings.parse({ ...least, chunk_size: '1gb', compress: true });
    expect(asOpenSearchHasThem(settings)).toEqual({
      ...least,
      chunk_size: '1gb',
      compress: 'true',
      readonly: 'false',
      shard_path_type: 'FIXED',
      remote_store_index_shallow_copy: 'false',
    });
  });

  it.each([
    ['a size without a unit', { chunk_size: '1000' }, 'chunk_size'],
    ['a size in another notation', { chunk_size: '1 GB' }, 'chunk_size'],
    ['a part that S3 does not take', { buffer_size: '1mb' }, 'buffer_size'],
    ['a part that S3 does not take', { buffer_size: '6gb' }, 'buffer_size'],
    ['a Glacier class', { storage_class: 'glacier' }, 'Glacier'],
    ['a Glacier class', { storage_class: 'DEEP_ARCHIVE' }, 'Glacier'],
    ['a class that is none', { storage_class: 'cheap' }, 'storage_class'],
    ['an unknown list of rights', { canned_acl: 'everybody' }, 'canned_acl'],
    ['a path with a slash at its end', { base_path: 'logs/' }, 'base_path'],
    ['a misspelt setting', { max_snapshot_bytes_per_second: '40mb' }, 'max_snapshot_bytes_per_second'],
    ['a rate without a unit', { max_restore_bytes_per_sec: '40' }, 'max_restore_bytes_per_sec'],
  ])('refuse %s: %j', (_, change, named) => {
    expect(JSON.stringify(repositorySettings.safeParse({ ...least, ...change }).error?.issues)).toContain(named);
  });

  it.each([
    ['2.19.6', { server_side_encryption: true }, []],
    ['3.0.0', { server_side_encryption_type: 'AES256' }, ['server_side_encryption_type']],
    ['3.1.0', { server_side_encryption: true }, ['server_side_encryption']],
    ['3.8.0', { server_side_encryption_type: 'AES256' }, []],
  ] as const)('of version %s, %j: ignored in silence %j', (version, change, ignored) => {
    expect(ignoredSettings(repositorySettings.parse({ ...least, ...change }), version)).toEqual(ignored);
  });
});
