import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ResultsReporter } from './tooling/vitest/src/results-reporter.ts';
import { SOURCE_CONDITIONS } from './tooling/vitest/src/source-conditions.ts';

/** Tests with real agents, which `npm run test:agents` installs; `vitest.config.ts` leaves them out. */
export default defineConfig({
  resolve: { conditions: SOURCE_CONDITIONS },
  ssr: { resolve: { conditions: SOURCE_CONDITIONS } },
  test: {
    name: 'agents',
    include: ['{packages,apps,tooling}/*/{src,test}/**/*.agents.test.ts'],
    setupFiles: [fileURLToPath(new URL('tooling/vitest/src/no-leftovers.ts', import.meta.url))],
    pool: 'forks',
    // Each agent is a program of a hundred megabytes that needs a processor to start.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Like the other gate, this one is there before the first such test is.
    passWithNoTests: true,
    reporters: ['default', new ResultsReporter(process.env['TEST_RESULTS_FILE'])],
  },
});
