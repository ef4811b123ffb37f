import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints every skipped test with its reason, and writes the results of the run to `resultsFile` if one is named: `N passed, N failed, N skipped`, and
 * one line for each failure that says where it was, in which test, and how its message begins.
 *
 * A test without a reason is printed as such. Files that could not be loaded and errors outside of tests count as one
 * failed test each, so that the numbers never look better than the run.
 */
export class ResultsReporter implements Reporter {
  readonly #resultsFile: string | undefined;
  readonly #print: (line: string) => void;

  constructor(resultsFile: string | undefined, print: (line: string) => void = console.log) {
    this.#resultsFile = resultsFile;
    this.#print = print;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly { readonly message: string }[]): void {
    let passed = 0;
    let skipped = 0;
    const failures = unhandledErrors.map((error) => failure('outside of any test', error));
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      failures.push(...module.errors().map((error) => failure(file, error)));
      for (const suite of module.children.allSuites()) {
        failures.push(...suite.errors().map((error) => failure(`${file} > ${suite.fullName}`, error)));
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        // Still pending when the run was interrupted before this test.
        if (result.state === 'passed') passed += 1;
        if (result.state === 'failed') failures.push(failure(`${file} > ${test.fullName}`, result.errors[0]));
        if (result.state === 'skipped') {
          skipped += 1;
          this.#print(`skipped: ${test.fullName} — ${result.note ?? 'no reason given'}`);
        }
      }
    }
    if (this.#resultsFile === undefined) return;
    const counts = `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
    writeFileSync(this.#resultsFile, [counts, ...failures].map((line) => `${line}\n`).join(''));
  }
}

const MAX_REASON_CHARS = 500;

function failure(where: string, error: { readonly message: string } | undefined): string {
  return `${inOneLine(where)} — ${inOneLine(error?.message ?? 'no reason given').slice(0, MAX_REASON_CHARS)}`;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
