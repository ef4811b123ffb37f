import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { configDefaults, defineConfig } from 'vitest/config';
import { ResultsReporter } from './tooling/vitest/src/results-reporter.ts';

// Tests run the sources; `module` must go, or @opentelemetry/api resolves to a build Node cannot load.
const conditions = ['@sessiond/source', ...defaultServerConditions.filter((condition) => condition !== 'module')];

const noLeftovers = fileURLToPath(new URL('tooling/vitest/src/no-leftovers.ts', import.meta.url));
const programCoverage = fileURLToPath(new URL('tooling/vitest/src/program-coverage.ts', import.meta.url));

const setupFiles = process.argv.includes('--coverage') ? [noLeftovers, programCoverage] : [noLeftovers];

/** Tests that leave their process as they found it. */
const TIDY = [
  'packages/{metrics-sinks,protocol,resilience,ring-buffer,token-file}/{src,test,examples}/**/*.test.ts',
  'apps/*/src/**/*.test.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Processes, mostly one per file: tests may change their environment, open terminals and look at their own descriptors.
    pool: 'forks',
    // More than processors: tests of programs wait for them most of the time.
    maxWorkers: availableParallelism() * 2,
    // Real children on a busy machine; a test that hangs fails here rather than never.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['dot', new ResultsReporter(process.env['TEST_COUNTS_FILE'])],
    projects: [
      {
        extends: true,
        test: {
          name: 'tidy',
          include: TIDY,
          // A process may take one file after the other, with what is loaded already: half the processor time.
          isolate: false,
          setupFiles,
        },
      },
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages,apps,tooling}/*/{src,test,examples}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...TIDY],
          setupFiles,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['{packages,apps}/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/index.ts'],
      // Read by tooling/vitest/src/coverage.ts, which adds what programs started by tests ran.
      reporter: ['json'],
    },
  },
});
