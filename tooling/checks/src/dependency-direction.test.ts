import { describe, expect, it } from 'vitest';
import { checkDependencyDirection } from './dependency-direction.ts';
import { fixture, goodManifest } from './fixture.ts';

const client = {
  ...goodManifest('packages/client'),
  dependencies: { '@sessiond/protocol': 'workspace:^', ws: '8.0.0' },
};

/** The problems of a repository in which one file holds this text. */
function problemsOf(file: string, text: string): string[] {
  return checkDependencyDirection(
    fixture({
      'packages/client/package.json': client,
      'packages/protocol/src/index.ts': 'export {};',
      'packages/ring-buffer/src/index.ts': 'export {};',
      'tooling/testkit/src/index.ts': 'export {};',
      [file]: text,
    }),
  ).map((finding) => `${finding.file}: ${finding.problem}`);
}

describe('dependency direction', () => {
  it('accepts imports that point down and are declared', () => {
    expect(
      problemsOf('packages/client/src/client.ts', "import '@sessiond/protocol'; import 'ws'; import 'node:fs'"),
    ).toEqual([]);
  });

  it('refuses an import between packages of tier 0', () => {
    expect(problemsOf('packages/protocol/src/frame.ts', "import type { Ring } from '@sessiond/ring-buffer'")).toEqual([
      'packages/protocol/src/frame.ts: imports @sessiond/ring-buffer: packages/protocol may import nothing of this workspace',
    ]);
  });

  it('refuses an import that points up, however it is written', () => {
    for (const text of [
      "export * from '@sessiond/client'",
      "export { a } from '@sessiond/client'",
      "const a = await import('@sessiond/client')",
      'const a = await import(`@sessiond/client`)',
    ]) {
      expect(problemsOf('packages/protocol/src/frame.ts', text)).toHaveLength(1);
    }
  });

  it('refuses a sub-path that is not exported', () => {
    expect(problemsOf('packages/client/src/client.ts', "import '@sessiond/protocol/src/frame.ts'")).toEqual([
      'packages/client/src/client.ts: imports @sessiond/protocol/src/frame.ts: @sessiond/protocol does not export ./src/frame.ts',
    ]);
  });

  it('refuses a relative path that leaves the package, from tests too', () => {
    expect(problemsOf('packages/client/src/client.test.ts', "import '../../protocol/src/index.ts'")).toEqual([
      'packages/client/src/client.test.ts: imports ../../protocol/src/index.ts: a relative path may not leave the package',
    ]);
  });

  it('refuses undeclared dependencies in shipped code, and leaves tests alone', () => {
    expect(problemsOf('packages/client/src/client.ts', "import 'fast-check'")).toEqual([
      'packages/client/src/client.ts: imports fast-check: fast-check is not among the dependencies of packages/client',
    ]);
    expect(problemsOf('packages/client/src/client.test.ts', "import 'fast-check'")).toEqual([]);
  });

  it('refuses node: modules where a browser runs the code', () => {
    expect(problemsOf('packages/ring-buffer/src/ring.ts', "import 'node:buffer'")).toEqual([
      'packages/ring-buffer/src/ring.ts: imports node:buffer: packages/ring-buffer has to run without Node',
    ]);
    expect(problemsOf('packages/ring-buffer/src/ring.test.ts', "import 'node:buffer'")).toEqual([]);
  });

  it('keeps the testkit in tests', () => {
    expect(problemsOf('packages/client/src/client.test.ts', "import '@sessiond/testkit'")).toEqual([]);
    expect(problemsOf('packages/client/src/client.ts', "import '@sessiond/testkit'")).toHaveLength(1);
  });

  it('lets examples name their own package, and shipped code not', () => {
    expect(problemsOf('packages/ring-buffer/examples/tail.ts', "import '@sessiond/ring-buffer'")).toEqual([]);
    expect(problemsOf('packages/ring-buffer/src/ring.ts', "import '@sessiond/ring-buffer'")).toHaveLength(1);
  });

  it('asks for a row when a package is added', () => {
    expect(problemsOf('packages/newcomer/src/index.ts', 'export {}')).toEqual([
      'packages/newcomer/package.json: has no row in the table of who may import whom',
    ]);
  });

  it('does not read an unparsable file as one without imports', () => {
    expect(() => problemsOf('packages/client/src/client.ts', "import { from '@sessiond/runtime'")).toThrow(
      'Cannot read imports of packages/client/src/client.ts',
    );
  });
});
