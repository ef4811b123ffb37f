import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What became of the tests of one run. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Prints every skipped test with its reason, and writes the counts of the run as JSON to `countsFile` if one is named.
 *
 * A test without a reason is printed as such. Files that could not be loaded and errors outside of tests count as one
 * failed test each, so that the numbers never look better than the run.
 */
export class ResultsReporter implements Reporter {
  readonly #countsFile: string | undefined;
  readonly #print: (line: string) => void;

  constructor(countsFile: string | undefined, print: (line: string) => void = console.log) {
    this.#countsFile = countsFile;
    this.#print = print;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        // Still pending: the run was interrupted before this test.
        if (result.state === 'pending') continue;
        counts[result.state] += 1;
        if (result.state === 'skipped') this.#print(`skipped: ${test.fullName} — ${result.note ?? 'no reason given'}`);
      }
    }
    if (this.#countsFile !== undefined) writeFileSync(this.#countsFile, JSON.stringify(counts satisfies Counts));
  }
}
