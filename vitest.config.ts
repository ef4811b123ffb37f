import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { ResultsReporter } from './tooling/vitest/src/results-reporter.ts';

// Tests run the sources; `module` must go, or @opentelemetry/api resolves to a build Node cannot load.
const conditions = ['@sessiond/source', ...defaultServerConditions.filter((condition) => condition !== 'module')];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // A process per file: tests may change their environment, open terminals and look at their own descriptors.
    pool: 'forks',
    maxWorkers: '100%',
    // Real children on a busy machine; a test that hangs fails here rather than never.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['dot', new ResultsReporter(process.env['TEST_COUNTS_FILE'])],
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages,apps,tooling}/*/{src,test,examples}/**/*.test.ts'],
          setupFiles: [fileURLToPath(new URL('tooling/vitest/src/no-leftovers.ts', import.meta.url))],
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['{packages,apps}/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/index.ts'],
      reporter: ['text-summary', 'html'],
      // The state machine and the registry are small and everything rests on them.
      thresholds: { lines: 85, 'packages/pty-core/src/pty-{state,manager}.ts': { lines: 95 } },
    },
  },
});
