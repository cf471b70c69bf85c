import { defineConfig } from 'vitest/config';

const stackTests = 'test/stack/**/*.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [stackTests] } },
      {
        extends: true,
        test: {
          name: 'stack',
          include: [stackTests],
          // One stack for all of them, started once; its tests take turns.
          globalSetup: ['test/stack/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
