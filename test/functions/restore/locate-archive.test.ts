import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chainLinkKey, restoreRequestKey } from '../../../archive/keys.ts';
import { parseLocatedRestore, type LocatedArchives } from '../../../functions/restore/plan/request.ts';
import { environment, locateArchive, step } from '../../../functions/restore/locate-archive.ts';
import { runStep } from '../../../functions/step.ts';
import type { Signer } from '../../../ports/signer.ts';
import { readEnvironment } from '../../../workflow/environment.ts';
import { InvalidRequest } from '../../../workflow/errors.ts';
import { memorySigner } from '../../support/memory-signer.ts';
import { idOfDay } from '../../archive/seal-example.ts';
import { fingerprintsOf, refused } from '../../archive/verify-example.ts';
import {
  emptyWorld,
  execution,
  first,
  locate,
  restoreId,
  sealDay,
  second,
  snapshots,
  type World,
} from './plan-example.ts';

let signer: Signer;
let world: World;
beforeAll(() => {
  signer = memorySigner({ keyId: 'key-1' });
});
beforeEach(async () => {
  world = await emptyWorld(signer);
});

async function record(): Promise<LocatedArchives> {
  const located = parseLocatedRestore(await world.restore.read(restoreRequestKey(restoreId)));
  if (located.source === 'snapshots') throw new Error('the request names a snapshot');
  return located;
}
const found = async (request: object): Promise<Record<string, string[]>> => {
  await locate(world, request);
  return Object.fromEntries((await record()).archives.map(({ archiveId, indices }) => [archiveId, indices]));
};

describe('an archive by its id', () => {
  beforeEach(async () => {
    await sealDay(world, 2);
    await sealDay(world, 3);
  });

  it.each<[string, string[] | undefined, string[]]>([
    ['all its indices by default', undefined, [first, second]],
    ['an index by name', [second], [second]],
    ['indices by pattern', ['*2026'], [first, second]],
    ['indices by several patterns, each once', ['logdata-01*', first, '*-02012026'], [first, second]],
  ])('gives %s', async (_what, indices, expected) => {
    expect(await found({ archiveId: idOfDay(2), ...(indices && { indices }) })).toEqual({ [idOfDay(2)]: expected });
  });

  it('is kept with everything that was asked, defaults filled in, and counted', async () => {
    expect(await locate(world, { archiveId: idOfDay(2) })).toEqual({
      restoreId,
      archives: 1,
      indices: 2,
      planOnly: false,
    });
    expect(await record()).toEqual({
      restoreId,
      execution: execution.id,
      conflict: 'fail',
      renamePattern: 'restored-{index}',
      thaw: { tier: 'Standard', days: 3 },
      planOnly: false,
      leaseDays: 30,
      replicas: null,
      archives: [{ archiveId: idOfDay(2), indices: [first, second] }],
      warnings: [],
    });
  });

  it('is not looked for again by a retry', async () => {
    const before = await locate(world, { archiveId: idOfDay(2), indices: [first] });
    await sealDay(world, 4);
    expect(await locate(world, { archiveId: idOfDay(4) })).toEqual(before);
  });

  it('does not fail on the manifest of another archive', async () => {
    world.archive.overwrite(`catalog/${idOfDay(3)}/manifest.json`, Buffer.from('{}'));
    expect(await found({ archiveId: idOfDay(2) })).toHaveProperty([idOfDay(2)]);
  });

  it.each([
    ['no archive has the id', { archiveId: idOfDay(9) }, [idOfDay(9)]],
    [
      'an index that is named is not in it',
      { archiveId: idOfDay(2), indices: [first, 'other'] },
      [idOfDay(2), 'other'],
    ],
    ['a pattern fits nothing of it', { archiveId: idOfDay(2), indices: ['cwl-*'] }, [idOfDay(2), 'cwl-*']],
    ['a name is only a part of one', { archiveId: idOfDay(2), indices: ['logdata'] }, ['logdata']],
    ['there are no logs of the days', { from: '2020-01-01', to: '2020-01-31' }, ['2020-01-01', '2020-01-31']],
  ])('is refused when %s', async (_what, request, words) => {
    await expect(locate(world, request)).rejects.toEqual(refused('NoArchiveFound', ...words));
    expect(await Array.fromAsync(world.restore.list(''))).toEqual([]);
  });
});

describe('archives by the days of their logs', () => {
  it.each<[string, string, Record<string, string[]>]>([
    ['2026-01-01', '2026-01-01', { [idOfDay(2)]: [first] }],
    ['2026-01-02', '2026-01-02', { [idOfDay(3)]: ['logdata-02012026'] }],
    ['2026-01-01', '2026-01-02', { [idOfDay(2)]: [first], [idOfDay(3)]: ['logdata-02012026'] }],
    ['2026-01-03', '2026-01-04', { [idOfDay(4)]: ['unnamed-3'] }],
    ['2025-12-31', '2026-12-31', { [idOfDay(2)]: [first], [idOfDay(3)]: [second], [idOfDay(4)]: ['unnamed-3'] }],
  ])('from %s to %s', async (from, to, expected) => {
    await sealDay(world, 2, ({ name }) => ({ name: name === second ? 'logdata-15122025' : name }));
    await sealDay(world, 3, ({ name }) => ({ name: name === first ? 'logdata-16122025' : name }));
    await sealDay(world, 4, ({ name }) => ({ name: name === first ? 'logdata-17122025' : 'unnamed-3' }));
    expect(await found({ from, to })).toEqual(expected);
  });

  it('find an index of a month by any day of it', async () => {
    await sealDay(world, 4, ({ name }) => (name === first ? { name: 'month-2026.01' } : {}));
    expect(await found({ from: '2026-01-31', to: '2026-01-31' })).toEqual({ [idOfDay(4)]: ['month-2026.01'] });
  });

  it('take an index that was archived again from its newest archive', async () => {
    await sealDay(world, 2);
    await sealDay(world, 3, ({ name }) =>
      name === first ? { supersedes: idOfDay(2), shards: [{ maxSeqNo: 12 }] } : { name: 'logdata-03012026', uuid: 'u' },
    );
    expect(await found({ from: '2026-01-01', to: '2026-01-31' })).toEqual({
      [idOfDay(2)]: [second],
      [idOfDay(3)]: [first, 'logdata-03012026'],
    });
    expect((await record()).warnings).toEqual([]);
  });

  it('take the state with more operations, even when its archive began earlier and was sealed late', async () => {
    await sealDay(world, 4, () => ({ shards: [{ maxSeqNo: 5 }] }));
    await sealDay(world, 3, () => ({ shards: [{ maxSeqNo: 7 }] }));
    expect(await found({ from: '2026-01-01', to: '2026-01-02' })).toEqual({ [idOfDay(3)]: [first, second] });
  });

  it('warn of another index that had the same name', async () => {
    await sealDay(world, 2);
    await sealDay(world, 5, ({ name, uuid }) => ({
      uuid: name === first ? 'recreated' : uuid,
      shards: [{ maxSeqNo: 1 }],
    }));
    expect(await found({ from: '2026-01-01', to: '2026-01-02' })).toEqual({
      [idOfDay(2)]: [second],
      [idOfDay(5)]: [first],
    });
    expect((await record()).warnings).toEqual([
      `${first}: taken from ${idOfDay(5)}; other indices of this name are in ${idOfDay(2)}`,
    ]);
  });
});

describe('the catalogue', () => {
  beforeEach(async () => {
    await sealDay(world, 2);
  });

  it('is believed only under a trusted key', async () => {
    const trusted = await fingerprintsOf(memorySigner());
    await expect(locate({ ...world, trusted }, { archiveId: idOfDay(2) })).rejects.toEqual(
      refused('SignatureInvalid', chainLinkKey(1), 'not a trusted one'),
    );
  });

  it('is refused when a manifest that is read was changed', async () => {
    const key = `catalog/${idOfDay(2)}/manifest.json`;
    world.archive.overwrite(key, Buffer.from((await world.archive.read(key)).toString().replace(first, second)));
    await expect(locate(world, { from: '2026-01-01', to: '2026-01-02' })).rejects.toEqual(refused('SealConflict', key));
  });
});

describe('a request', () => {
  const days = { from: '2026-01-01', to: '2026-01-02' };
  it.each<[string, unknown, string]>([
    ['nothing', {}, 'archiveId'],
    ['no object', 'yesterday', 'expected object'],
    ['both forms', { ...days, archiveId: 'x' }, 'archiveId'],
    ['a snapshot and an archive', { archiveId: 'x', snapshot: 'y' }, 'snapshot'],
    ['a snapshot that is to be thawed', { source: 'snapshots', thaw: { tier: 'Bulk' } }, 'thaw'],
    ['an unknown source', { source: 'tape' }, 'source'],
    ['half a range', { from: '2026-01-01' }, 'to'],
    ['a range that ends before it begins', { from: '2026-01-02', to: '2026-01-01' }, 'must not be before "from"'],
    ['a day that does not exist', { from: '2026-02-30', to: '2026-03-01' }, 'from'],
    ['an unknown member', { archiveId: 'x', target: 'y' }, 'target'],
    ['an unknown member of thaw', { archiveId: 'x', thaw: { tier: 'Bulk', hours: 1 } }, 'hours'],
    ['an unknown tier', { archiveId: 'x', thaw: { tier: 'Fast' } }, 'thaw.tier'],
    ['an unknown policy', { archiveId: 'x', conflict: 'overwrite' }, 'conflict'],
    ['no index', { archiveId: 'x', indices: [] }, 'indices'],
    ['a rename pattern without {index}', { archiveId: 'x', conflict: 'rename', renamePattern: 'copy' }, '{index}'],
    [
      'a rename pattern without its policy',
      { archiveId: 'x', renamePattern: 'copy-{index}' },
      'needs "conflict": "rename"',
    ],
    ['a lease of no days', { archiveId: 'x', leaseDays: 0 }, 'leaseDays'],
  ])('of %s is refused with the accepted forms and the fault', async (_what, request, fault) => {
    const [forms, faults] = await locate(world, request).then(
      () => [],
      (error: unknown) => (error instanceof InvalidRequest ? error.message.split('0-5. ') : []),
    );
    expect(forms).toMatch(/^The input must be \{"archiveId".*"from".*"conflict"/);
    expect(faults).toContain(fault);
  });
});

it('from snapshots is refused where no repository is configured, and none is named', async () => {
  const unconfigured = { ...world, patterns: [], snapshots: { repository: '', prefix: 'snapshot' } };
  const input = { request: { source: 'snapshots' }, execution };
  await expect(locateArchive(input, unconfigured)).rejects.toEqual(
    refused('InvalidRequest', 'No snapshot repository is configured', '"repository"'),
  );
});

describe('as a state', () => {
  it('keeps its contract', async () => {
    await sealDay(world, 2);
    const ports = { ...world, patterns: [], snapshots };
    const input = { request: { archiveId: idOfDay(2), planOnly: true }, execution };
    await expect(runStep(step, input, ports)).resolves.toMatchObject({ planOnly: true });
    await expect(locateArchive(input, ports)).resolves.toMatchObject({ restoreId });
  });

  it('reads fingerprints and patterns from its variables, and names what is wrong', () => {
    const variables = {
      DOMAIN_ENDPOINT: 'https://example.org',
      AWS_REGION: 'eu-west-1',
      SNAPSHOT_REPOSITORY: '',
      SNAPSHOT_PREFIX: 'snapshot',
      ARCHIVE_BUCKET: 'aaa',
      RESTORE_BUCKET: 'bbb',
      INDEX_PATTERNS: 'cwl-YYYY.MM.DD, logdata-DDMMYYYY',
    };
    const [one, two] = ['A'.repeat(64), 'b'.repeat(64)];
    const read = readEnvironment(environment, { ...variables, TRUSTED_SIGNING_KEYS: `${one}, ${two}` });
    expect(read.TRUSTED_SIGNING_KEYS).toEqual(new Set(['a'.repeat(64), two]));
    expect(read.INDEX_PATTERNS.map(({ text }) => text)).toEqual(['cwl-YYYY.MM.DD', 'logdata-DDMMYYYY']);
    for (const wrong of ['', ' , ', 'abc']) {
      expect(() => readEnvironment(environment, { ...variables, TRUSTED_SIGNING_KEYS: wrong })).toThrow(
        'TRUSTED_SIGNING_KEYS',
      );
    }
  });
});
