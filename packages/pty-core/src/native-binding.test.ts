import { closeSync, openSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { until } from '../test/condition.ts';
import { descriptorsOf } from '../test/descriptors.ts';
import { BindingError } from './errors.ts';
import { loadNativeBinding, type NativeBinding } from './native-binding.ts';

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

/** The binding with a node-pty beside which descriptors are closed right before a fork, and something is done after it; `forked` are the pids of all children. */
function bindingWith(
  closesAtFork: number[],
  afterFork: (pid: number) => void = () => {},
): NativeBinding & { forked: number[] } {
  const { loadNativeModule } = require('node-pty/lib/utils.js') as {
    loadNativeModule(name: string): { dir: string; module: { fork(...request: unknown[]): { pid: number } } };
  };
  const found = loadNativeModule('pty');
  const forked: number[] = [];
  const module = {
    ...found.module,
    fork: (...request: unknown[]) => {
      for (const fd of closesAtFork.splice(0)) closeSync(fd);
      const child = found.module.fork(...request);
      forked.push(child.pid);
      afterFork(child.pid);
      return child;
    },
  };
  const utils = () => ({ loadNativeModule: () => ({ ...found, module }) });
  return { ...loadNativeBinding(requireWith({ 'node-pty/lib/utils.js': utils })), forked };
}

const SLEEP = { file: '/bin/sleep', args: ['60'], env: {}, cwd: '/', cols: 80, rows: 24 };

/**
 * Forks two children, and closes a file right before the second: that one is discarded, after `onDiscardable`, and another one forked instead of it.
 * `end` ends both children that are told of, and resolves when they, and nobody else, were told to have exited.
 */
function forkAndDiscard(onDiscardable: (pid: number) => void = () => {}) {
  const closesAtFork: number[] = [];
  const { fork, forked } = bindingWith(closesAtFork, (pid) => {
    if (forked.length === 2) onDiscardable(pid);
  });
  const exits: number[] = [];
  // As many that one of them is behind those numbers of which a free one does no harm.
  const files = Array.from({ length: 16 }, () => openSync('/dev/null', 'r'));
  const first = fork(SLEEP, () => exits.push(1));
  closesAtFork.push(files.pop()!);
  const second = fork(SLEEP, () => exits.push(2));
  expect(forked).toEqual([first.pid, expect.any(Number), second.pid]);
  const discarded = forked[1]!;
  const end = async (): Promise<void> => {
    for (const { pid } of [first, second]) process.kill(pid, 'SIGKILL');
    await until(() => exits.length === 2, 'both exits');
    await until(() => !isThere(discarded), 'the end of the discarded one');
    expect(exits.toSorted()).toEqual([1, 2]);
    for (const fd of [...files, first.fd, second.fd]) closeSync(fd);
  };
  return { second, end };
}

test('a child that was forked while another thread closed a file is not told of; the one instead of it holds nothing of others', async () => {
  const { second, end } = forkAndDiscard();
  await until(() => readlinkSync(`/proc/${second.pid}/exe`).endsWith('sleep'), 'the program');
  expect([...descriptorsOf(second.pid).keys()]).toEqual([0, 1, 2]);
  await end();
});

test('such a child may have ended before it is discarded', async () => {
  const { end } = forkAndDiscard((pid) => {
    process.kill(pid, 'SIGKILL');
    // node-pty waits for it in a thread of its own.
    const turn = new Int32Array(new SharedArrayBuffer(4));
    for (let waits = 0; waits < 60_000 && isThere(pid); waits += 1) Atomics.wait(turn, 0, 0, 1);
  });
  await end();
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
