import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DescriptorShield } from './descriptor-shield.ts';
import { BindingError } from './errors.ts';

/** What `forkPty` starts: an absolute program, its arguments (without argv[0]), the whole environment, the window. */
export interface ForkRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
}

/** A started child. The caller owns `fd`, a non-blocking master, and closes it exactly once. */
export interface ForkedPty {
  readonly fd: number;
  readonly pid: number;
  /** Path of the terminal's slave side, such as `/dev/pts/3`. */
  readonly slavePath: string;
}

interface NodePtyNative {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    onExit: (exitCode: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void;
}

/**
 * The native half of node-pty, used without its JavaScript half: that one loses output at exit, writes input to
 * descriptor numbers that may have changed owner, and busy-waits on children that do not read.
 * This file alone knows node-pty, whose version is pinned exactly because these functions are not its public API.
 */
export interface NativeBinding {
  /**
   * Forks a child that leads its own session on a new terminal; blocks for a few milliseconds.
   * `onExit` is called once, from the event loop, when the child was reaped.
   * @throws Error when the kernel has no process, terminal or descriptor to give.
   */
  fork(request: ForkRequest, onExit: (exitCode: number, signal: number) => void): ForkedPty;
  /** Sets the window; the kernel sends SIGWINCH to the foreground group if it changed. */
  setWindowSize(fd: number, cols: number, rows: number): void;
}

const REQUIRED_VERSION = '1.2.0-beta.15';

/**
 * Loads the binding.
 * @throws BindingError when node-pty is missing, has another version, or was not built for this platform.
 */
export function loadNativeBinding(require: NodeJS.Require = createRequire(import.meta.url)): NativeBinding {
  const { native, helperPath } = loadNative(require);
  const shield = new DescriptorShield();
  return {
    fork: ({ file, args, env, cwd, cols, rows }, onExit) => {
      const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const fork = () => {
        const child = { isDiscarded: false };
        const told = (exitCode: number, signal: number): void => {
          if (!child.isDiscarded) onExit(exitCode, signal);
        };
        return Object.assign(child, native.fork(file, args, pairs, cwd, cols, rows, -1, -1, true, helperPath, told));
      };
      const { fd, pid, pty } = shield.during(fork, (child) => {
        child.isDiscarded = true;
        killWithGroup(child.pid);
        closeSync(child.fd);
      });
      return { fd, pid, slavePath: pty };
    },
    setWindowSize: (fd, cols, rows) => native.resize(fd, cols, rows, 0, 0),
  };
}

/** Ends a child that may have begun, on a machine that kept us from looking, with what it has started. */
function killWithGroup(pid: number): void {
  for (const target of [pid, -pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended and was reaped, or leads no group yet.
    }
  }
}

function loadNative(require: NodeJS.Require): { native: NodePtyNative; helperPath: string } {
  let version: string;
  try {
    ({ version } = require('node-pty/package.json') as { version: string });
  } catch (cause) {
    throw new BindingError('Cannot load node-pty: it is not installed', { cause });
  }
  if (version !== REQUIRED_VERSION) {
    throw new BindingError(`Cannot use node-pty: found version ${version}, allowed is ${REQUIRED_VERSION}`);
  }
  try {
    const { loadNativeModule } = require('node-pty/lib/utils.js') as {
      loadNativeModule(name: string): { dir: string; module: NodePtyNative };
    };
    const { dir, module } = loadNativeModule('pty');
    return { native: module, helperPath: join(dirname(require.resolve('node-pty/lib/utils.js')), dir, 'spawn-helper') };
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new BindingError(`Cannot load node-pty: its native module does not load on ${platform}`, { cause });
  }
}
