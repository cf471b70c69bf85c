import { describe, expect, it } from 'vitest';
import { classAfterTransitions, transitionRules } from '../../../../../infra/local/servers/s3-proxy/lifecycle.ts';

const rule = (content: string, status = 'Enabled'): string => `<Rule>${content}<Status>${status}</Status></Rule>`;
const move = (storageClass: string, days = 0): string =>
  `<Transition><Days>${days}</Days><StorageClass>${storageClass}</StorageClass></Transition>`;
const object = (
  key: string,
  size = 1,
  tags: Record<string, string> = {},
): Parameters<typeof classAfterTransitions>[1] => ({
  key,
  size,
  tags: new Map(Object.entries(tags)),
});
const after = (rules: string, subject: ReturnType<typeof object>, current = 'STANDARD'): string =>
  classAfterTransitions(transitionRules(`<LifecycleConfiguration>${rules}</LifecycleConfiguration>`), subject, current);

describe('lifecycle transitions', () => {
  it('move the objects under the prefix, whether it is named the new way or the old', () => {
    for (const prefix of ['<Filter><Prefix>archives/</Prefix></Filter>', '<Prefix>archives/</Prefix>']) {
      expect(after(rule(prefix + move('GLACIER')), object('archives/a'))).toBe('GLACIER');
      expect(after(rule(prefix + move('GLACIER')), object('catalog/a'))).toBe('STANDARD');
    }
  });

  it('leave disabled rules and rules that only expire alone', () => {
    expect(after(rule(move('GLACIER'), 'Disabled'), object('a'))).toBe('STANDARD');
    expect(after(rule('<Expiration><Days>1</Days></Expiration>'), object('a'))).toBe('STANDARD');
  });

  it('do not take a transition of noncurrent versions for one of the current', () => {
    const noncurrent =
      '<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>';
    expect(after(rule(noncurrent), object('a'))).toBe('STANDARD');
  });

  it('end at the coldest class, and never warm an object', () => {
    const both = rule(move('DEEP_ARCHIVE', 180) + move('GLACIER', 1));
    expect(after(both, object('a'))).toBe('DEEP_ARCHIVE');
    expect(after(rule(move('GLACIER')), object('a'), 'DEEP_ARCHIVE')).toBe('DEEP_ARCHIVE');
  });

  it('observe tags and sizes together with the prefix', () => {
    const filter =
      '<Filter><And><Prefix>a&amp;b/</Prefix><Tag><Key>keep</Key><Value>long</Value></Tag>' +
      '<ObjectSizeGreaterThan>10</ObjectSizeGreaterThan><ObjectSizeLessThan>20</ObjectSizeLessThan></And></Filter>';
    const rules = rule(filter + move('GLACIER'));
    expect(after(rules, object('a&b/x', 15, { keep: 'long' }))).toBe('GLACIER');
    expect(after(rules, object('a&b/x', 15, { keep: 'short' }))).toBe('STANDARD');
    expect(after(rules, object('a&b/x', 10, { keep: 'long' }))).toBe('STANDARD');
    expect(after(rules, object('a&b/x', 20, { keep: 'long' }))).toBe('STANDARD');
  });
});
