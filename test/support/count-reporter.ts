import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with `N passed, N failed` alone on a line; a file that cannot be run counts as a failure. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
      }
    }
    // After everything that the other reporters print.
    process.on('exit', () => {
      // A run that ends badly without a failed test, by its setup for instance, has failed all the same.
      const counted = failed === 0 && process.exitCode ? 1 : failed;
      process.stdout.write(`${passed} passed, ${counted} failed\n`);
    });
  }
}
