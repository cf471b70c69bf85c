import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterAnswerUnknown } from '../../workflow/errors.ts';
import { inProcessArchive, type World } from '../support/in-process-archive.ts';
import type { EndedExecution } from '../support/in-process-states.ts';

const first = 'logdata-01012026';
const second = 'logdata-02012026';
const documents = Array.from({ length: 5 }, (_, n) => ({ id: `d${n}`, source: { n } }));
const later = [{ id: 'late', source: { n: 99 } }];

let world: World;
beforeEach(async () => {
  world = await inProcessArchive({ deletesSources: true });
  for (const name of [first, second]) world.cluster.putIndex(name, { documents, shards: 2 });
});
afterEach(() => world.states.close());

const request = { indices: [first, second] };

/** Archives, and lets something happen after the seal, before the source indices are looked at. */
async function archive(happens: () => unknown = () => undefined): Promise<EndedExecution> {
  const release = world.states.hold('DeleteSourceIndices');
  const execution = await world.states.start('archive', request);
  await world.states.reached('DeleteSourceIndices');
  await happens();
  release();
  return world.states.ended(execution);
}

describe('a deployment that deletes what it has archived', () => {
  it('deletes each source index, under a write block, after the archive is sealed', async () => {
    const { calls } = world.cluster;
    expect(await archive()).toMatchObject({ status: 'SUCCEEDED', output: { sources: { deleted: 2, gone: 0 } } });
    expect(world.cluster.indexNames()).toEqual([]);
    expect(calls.filter((call) => ['blockWrites', 'deleteIndex'].includes(call))).toEqual([
      'blockWrites',
      'deleteIndex',
      'blockWrites',
      'deleteIndex',
    ]);
  });

  it('keeps an index that was written to since, and lets it be written to again; the others go', async () => {
    const ended = await archive(() => world.cluster.addDocuments(second, later));
    expect(ended).toMatchObject({ status: 'FAILED', error: 'IndexChanged' });
    expect(ended.cause).toContain(second);
    expect(ended.cause).not.toContain(`${first},`);
    expect(world.cluster.indexNames()).toEqual([second]);
    world.cluster.addDocuments(second, later);
    expect(world.states.notices.map(({ subject }) => subject)).toEqual([
      'Permafrost: archived 2 indices',
      expect.stringContaining('DeleteSourceIndices') as string,
    ]);
    // The next execution archives what is new, and then deletes it.
    expect(await world.states.run('archive', { indices: [second] }, 'next')).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.cluster.indexNames()).toEqual([]);
  });

  it('leaves a write block that was there before', async () => {
    const ended = await archive(() => {
      world.cluster.addDocuments(second, later);
      return world.cluster.blockWrites(second);
    });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'IndexChanged' });
    expect(() => world.cluster.addDocuments(second, later)).toThrow(/blocked/);
  });

  it('sets no write block on an index that was written to since', async () => {
    const { calls } = world.cluster;
    await archive(() => world.cluster.addDocuments(second, later));
    expect(calls.filter((call) => ['blockWrites', 'allowWrites'].includes(call))).toEqual(['blockWrites']);
  });

  it('keeps an index that is written to between the two looks, and takes the block away', async () => {
    const ended = await archive(() => {
      const blockWrites = world.cluster.blockWrites.bind(world.cluster);
      world.cluster.blockWrites = (name) => {
        if (name === second) world.cluster.addDocuments(second, later);
        return blockWrites(name);
      };
    });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'IndexChanged' });
    world.cluster.addDocuments(second, later);
  });

  it('takes the block away where the second look fails: somebody may give up the execution', async () => {
    const blockWrites = world.cluster.blockWrites.bind(world.cluster);
    world.cluster.blockWrites = (name) => {
      world.cluster.failNext('maxSeqNos', new ClusterAnswerUnknown('500'));
      return blockWrites(name);
    };
    expect(await archive()).toMatchObject({ status: 'FAILED', error: 'ClusterAnswerUnknown' });
    world.cluster.addDocuments(first, later);
  });

  it('leaves the block where the deletion fails: it may be still to come', async () => {
    world.cluster.failNext('deleteIndex', new ClusterAnswerUnknown('500'));
    expect((await archive()).status).toBe('FAILED');
    expect(() => world.cluster.addDocuments(first, later)).toThrow(/blocked/);
  });

  it('touches no other index that has taken the name', async () => {
    const ended = await archive(() => {
      world.cluster.removeIndex(second);
      world.cluster.putIndex(second, { documents });
    });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { sources: { deleted: 1, gone: 1 } } });
    expect(world.cluster.indexNames()).toEqual([second]);
    world.cluster.addDocuments(second, later);
  });

  it.each(['blockWrites', 'deleteIndex'] as const)('goes on where %s failed, when it is redriven', async (method) => {
    world.cluster.failNext(method, new Error('out of memory'));
    const execution = await world.states.start('archive', request);
    expect((await world.states.ended(execution)).status).toBe('FAILED');
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.cluster.indexNames()).toEqual([]);
  });
});
