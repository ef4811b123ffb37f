import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// Tests run the sources; `module` must go, or @opentelemetry/api resolves to a build Node cannot load.
const conditions = ['@sessiond/source', ...defaultServerConditions.filter((condition) => condition !== 'module')];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{packages,apps,tooling}/*/{src,test,examples}/**/*.test.ts'] },
      },
    ],
    coverage: { provider: 'v8', include: ['{packages,apps}/*/src/**/*.ts'], exclude: ['**/*.test.ts', '**/index.ts'] },
  },
});
