import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { ResultsReporter } from './tooling/vitest/src/results-reporter.ts';
import { SOURCE_CONDITIONS } from './tooling/vitest/src/source-conditions.ts';

const setupFile = (name: string) => fileURLToPath(new URL(`tooling/vitest/src/${name}`, import.meta.url));

const withStalls = process.env['TEST_STALLS'] !== undefined;
const setupFiles = [
  setupFile('no-leftovers.ts'),
  ...(process.argv.includes('--coverage') ? [setupFile('program-coverage.ts')] : []),
  ...(withStalls ? [setupFile('stalls.mjs')] : []),
];

/** Tests with real agents: vitest.agents.config.ts runs them. */
const WITH_AGENTS = '**/*.agents.test.ts';

/** Tests that count what their process holds or uses, or open terminals in it by the hundred: each file has a process of its own. */
const ALONE = ['packages/pty-core/test/**/*.test.ts', 'packages/pty-core/src/{descriptor-shield,input-writer}.test.ts'];

export default defineConfig({
  resolve: { conditions: SOURCE_CONDITIONS },
  ssr: { resolve: { conditions: SOURCE_CONDITIONS } },
  test: {
    // Processes: tests change their environment, open terminals and look at their own descriptors.
    pool: 'forks',
    // More than processors: tests of programs wait for them most of the time.
    maxWorkers: availableParallelism() * 3,
    // Real children on a busy machine; a test that hangs fails here rather than never.
    testTimeout: withStalls ? 600_000 : 120_000,
    hookTimeout: withStalls ? 600_000 : 120_000,
    // As long as a busy machine may take for what is waited for.
    expect: { poll: { timeout: 60_000 } },
    reporters: ['dot', new ResultsReporter(process.env['TEST_RESULTS_FILE'])],
    // Run by their names: the files with a process each come first, and from the first shared one on all processes are kept.
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          setupFiles,
        },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['{packages,apps,tooling}/*/{src,test,examples}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, WITH_AGENTS, ...ALONE],
          // A process takes one file after the other, with what is loaded already: these tests leave it as they found it.
          isolate: false,
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
