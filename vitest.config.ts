import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const stackTests = 'test/stack/**/*.test.ts';
const rightsTests = 'test/rights/rights.test.ts';
/** Restores freeze the whole archive bucket, and the judge of all recorded calls looks at what the others did. */
const order = [/test\/stack\/restore[\w-]*\.test\.ts$/, /test\/stack\/recorded-calls\.test\.ts$/];

/** By name, not by former durations: files that share one stack run in the same order everywhere. */
class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => order.findIndex((late) => late.test(moduleId));
    return Promise.resolve(
      files.toSorted((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : a.moduleId > b.moduleId ? 1 : 0)),
    );
  }
}

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    sequence: { sequencer: InOrder },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [stackTests, rightsTests] } },
      {
        extends: true,
        test: {
          name: 'stack',
          include: [stackTests],
          // One stack for all of them, started once; its tests take turns.
          globalSetup: ['test/stack/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'rights',
          include: [rightsTests],
          // On a node with fine-grained access control.
          globalSetup: ['test/rights/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
