import { describe, expect, it } from 'vitest';
import { checkBrowserEntries } from './browser-entries.ts';
import { fixture, goodManifest } from './fixture.ts';

const client = {
  ...goodManifest('packages/client'),
  exports: {
    '.': { '@sessiond/source': './src/index.ts' },
    './browser': { '@sessiond/source': './src/browser.ts' },
    './node': { '@sessiond/source': './src/node.ts' },
  },
};

/** The problems of a repository with a package for browsers that has these files. */
function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const sources = Object.entries(files).map(([name, text]) => [`packages/client/src/${name}`, text]);
  return checkBrowserEntries(
    fixture({
      'packages/client/package.json': client,
      'packages/protocol/src/index.ts': 'export {};',
      'packages/resilience/src/index.ts': "import 'node:fs';",
      ...Object.fromEntries(sources),
    }),
  ).map(({ file, problem }) => `${file}: ${problem}`);
}

describe('browser entries', () => {
  it('may load files that import each other and packages that run without Node', () => {
    const files = {
      'browser.ts': "export * from './client.ts'",
      'client.ts': "import { a } from '@sessiond/protocol/client'; import './browser.ts'",
    };
    expect(problemsOf(files)).toEqual([]);
  });

  it.each(['node:net', 'ws', '@sessiond/resilience'])(
    'may not lead to %s, however far away and from either entry',
    (name) => {
      const problem = `imports ${name}: a page that loads @sessiond/client loads this file`;
      const far = { 'client.ts': "export * from './transports/node.ts'", 'transports/node.ts': `import '${name}'` };
      const expected = [`packages/client/src/transports/node.ts: ${problem}`];
      expect(problemsOf({ 'browser.ts': "export * from './client.ts'", ...far })).toEqual(expected);
      expect(problemsOf({ 'browser.ts': '', 'index.ts': "export * from './client.ts'", ...far })).toEqual(expected);
    },
  );

  it('say nothing about what only Node loads', () => {
    expect(problemsOf({ 'browser.ts': '', 'node.ts': "import 'node:net'; import 'ws'" })).toEqual([]);
  });
});
