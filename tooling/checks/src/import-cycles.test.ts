import { expect, it } from 'vitest';
import { fixture } from './fixture.ts';
import { checkImportCycles } from './import-cycles.ts';

it('accepts files that share what they import', () => {
  const workspace = fixture({
    'packages/client/src/a.ts': "import './b.ts'; import './c.ts'",
    'packages/client/src/b.ts': "import './c.ts'",
    'packages/client/src/c.ts': 'export {}',
  });
  expect(checkImportCycles(workspace)).toEqual([]);
});

it('names every file of a circle once, type imports included', () => {
  const workspace = fixture({
    'packages/client/src/outside.ts': "import './b.ts'",
    'packages/client/src/b.ts': "import type { C } from './deep/c.ts'",
    'packages/client/src/deep/c.ts': "export { a } from '../a.ts'",
    'packages/client/src/a.ts': "import './b.ts'",
  });
  expect(checkImportCycles(workspace)).toEqual([
    {
      file: 'packages/client/src/a.ts',
      problem:
        'imports itself through packages/client/src/b.ts → packages/client/src/deep/c.ts → packages/client/src/a.ts',
    },
  ]);
});

it('finds packages that import each other through files that do not', () => {
  const workspace = fixture({
    'packages/client/src/a.ts': "import '@sessiond/protocol'",
    'packages/protocol/src/b.ts': "import '@sessiond/client'",
  });
  expect(checkImportCycles(workspace).map(({ file }) => file)).toEqual(['packages/client']);
});
