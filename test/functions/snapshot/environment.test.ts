import { describe, expect, it } from 'vitest';
import { environment as list } from '../../../functions/snapshot/list-expired-snapshots.ts';
import { environment as register } from '../../../functions/snapshot/register-repository.ts';
import { environment as start } from '../../../functions/snapshot/start-snapshot.ts';
import { readEnvironment } from '../../../workflow/environment.ts';

const common = { DOMAIN_ENDPOINT: 'https://domain.example', AWS_REGION: 'eu-west-1', REPOSITORY: 'snapshots' };
const retention = { unit: 'days', count: 14, minimumCount: 3, incomplete: { unit: 'days', count: 7 } };

describe('what the functions read of their environment', () => {
  it('is parsed from JSON where it is one', () => {
    const variables = { ...common, SNAPSHOT_PREFIX: 'logs', RETENTION: JSON.stringify(retention), WARN_ABOVE: '200' };
    expect(readEnvironment(list, variables)).toMatchObject({ RETENTION: retention, WARN_ABOVE: 200 });
  });

  it.each([
    ['text that is no JSON', '{'],
    ['settings that do not fit', JSON.stringify({ ...retention, minimumCount: 0 })],
    ['nothing', undefined],
  ])('is refused by the name of the variable where it is %s', (_, text) => {
    const variables = { ...common, SNAPSHOT_PREFIX: 'logs', RETENTION: text, WARN_ABOVE: '200' };
    expect(() => readEnvironment(list, variables)).toThrow(expect.objectContaining({ name: 'InvalidSettings' }));
    expect(() => readEnvironment(list, variables)).toThrow(/RETENTION/);
  });

  it('refuses a Glacier class before anything is registered', () => {
    const settings = { bucket: 'b-1', base_path: '', region: 'r', role_arn: 'a', storage_class: 'glacier' };
    const variables = { ...common, REPOSITORY_SETTINGS: JSON.stringify(settings) };
    expect(() => readEnvironment(register, variables)).toThrow(/REPOSITORY_SETTINGS\.?.*Glacier/);
  });

  it('refuses an empty list of indices, which to OpenSearch would mean every index', () => {
    const variables = { ...common, INDEX_EXPRESSIONS: ' , ', EXCLUDED_INDICES: '', SNAPSHOT_TIMEOUT_HOURS: '6' };
    expect(() => readEnvironment(start, variables)).toThrow(/INDEX_EXPRESSIONS/);
  });
});
