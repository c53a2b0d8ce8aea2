import { type Reporter, type TestModule } from 'vitest/node';

/**
 * Ends the run's output with a line `failed: FILE > TEST: MESSAGE` for each test that failed, and then with
 * `N passed, N failed, N skipped`, alone on a line. Scripts read both, and a log that was cut keeps them.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    const failures = errors.map((error) => `outside a test: ${firstLine(error)}`);
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
        if (test.result().state === 'failed') {
          failures.push(`${module.relativeModuleId} > ${test.fullName}: ${firstLine(test.result().errors?.[0])}`);
        }
      }
      // A file that can't be loaded has no tests, and must not pass for it.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) {
        count.failed++;
        failures.push(`${module.relativeModuleId}: ${firstLine(module.errors()[0])}`);
      }
    }
    process.on('exit', () => {
      for (const failure of failures) console.log(`failed: ${failure}`);
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`);
    });
  }
}

function firstLine(error: unknown): string {
  const message = error !== null && typeof error === 'object' && 'message' in error ? error.message : error;
  return String(message).split('\n', 1)[0] ?? '';
}
