import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { BindingError } from './errors.ts';
import { loadNativeBinding } from './native-binding.ts';

const require = createRequire(import.meta.url);

function requireWith(replaced: Record<string, () => unknown>): NodeJS.Require {
  return Object.assign((id: string) => (replaced[id] ?? (() => require(id)))(), require);
}

test('the pinned node-pty loads', () => {
  expect(loadNativeBinding()).toEqual({ fork: expect.any(Function), setWindowSize: expect.any(Function) });
});

test('another version is refused with both versions named', () => {
  const other = requireWith({ 'node-pty/package.json': () => ({ version: '1.1.0' }) });
  expect(() => loadNativeBinding(other)).toThrow(
    new BindingError('Cannot use node-pty: found version 1.1.0, allowed is 1.2.0-beta.15'),
  );
});

test.each(['node-pty/package.json', 'node-pty/lib/utils.js'])('a failure to load %s is told with its cause', (id) => {
  const cause = new Error('Cannot find module');
  const broken = requireWith({
    [id]: () => {
      throw cause;
    },
  });
  expect(() => loadNativeBinding(broken)).toThrow(expect.objectContaining({ code: 'BINDING_UNUSABLE', cause }));
});
