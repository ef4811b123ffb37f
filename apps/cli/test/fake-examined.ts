import type { DaemonFacts, Examined } from '../src/doctor/examined.ts';
import type { FileFacts, Machine } from '../src/doctor/machine.ts';

/** What a test says of its machine: files by path, with their text or their facts, and everything else. */
export interface FakeMachine extends Partial<Omit<Machine, 'file' | 'read'>> {
  readonly files?: Readonly<Record<string, string | Partial<FileFacts>>>;
}

/** The user of the fake machine. */
export const FAKE_UID = 1_000;

/** A machine that has what a test gives it. A file given by its text is private. */
export function fakeMachine({ files = {}, ...rest }: FakeMachine = {}): Machine {
  return {
    uid: FAKE_UID,
    userName: 'ada',
    nodeVersion: '20.19.0',
    memoryBytes: 8 * 2 ** 30,
    now: () => Date.UTC(2026, 0, 31, 12),
    file: (path) => {
      const facts = files[path];
      if (facts === undefined) return undefined;
      return { kind: 'file', uid: FAKE_UID, mode: 0o600, ...(typeof facts === 'object' && facts) };
    },
    read: (path) => (typeof files[path] === 'string' ? (files[path] as string) : undefined),
    entries: () => 20,
    room: () => ({ freeBytes: 2 ** 30, freeFiles: 1_000_000 }),
    mayWrite: () => true,
    isAlive: () => false,
    ...rest,
  };
}

/** A daemon that is well and configured as by default. */
export const FAKE_DAEMON: DaemonFacts = {
  pid: 4_711,
  serverVersion: '1.2.3',
  protocolVersion: '1.0.0',
  transports: ['websocket', 'unix'],
  health: {
    status: 'ok',
    serverVersion: '1.2.3',
    protocolVersion: '1.0.0',
    uptimeMs: 1,
    sessions: { pty: 0, agent: 0 },
    connections: 1,
    checks: [{ name: 'breakers', status: 'ok' }],
  },
  limits: { maxConnections: 1_000, maxPtys: 300, bufferBytes: 4_194_304 },
  clockAheadMs: 3,
  trial: { kind: 'worked', tookMs: 20 },
};

/** What was examined where all is well, but for what a test says. */
export function fakeExamined(
  given: Partial<Omit<Examined, 'machine'>> & { readonly machine?: FakeMachine } = {},
): Examined {
  const { machine, ...rest } = given;
  return {
    env: { LANG: 'C.UTF-8', TERM: 'xterm', XDG_RUNTIME_DIR: '/run/user/1000' },
    homeDir: '/home/ada',
    clientVersion: '1.2.3',
    protocolVersion: '1.0.0',
    isInteractive: true,
    isLocal: true,
    stateDir: '/state',
    approaches: [
      {
        address: '/run/user/1000/sessiond/sessiond.sock',
        transport: 'socket',
        listener: { kind: 'daemon', pid: 4_711 },
        outcome: { kind: 'open' },
      },
      {
        address: 'ws://127.0.0.1:3141',
        transport: 'tcp',
        listener: { kind: 'daemon', pid: 4_711 },
        outcome: { kind: 'open' },
      },
    ],
    daemon: FAKE_DAEMON,
    ...rest,
    machine: fakeMachine({
      ...machine,
      files: {
        '/run/user/1000': { kind: 'folder', mode: 0o700 },
        '/run/user/1000/sessiond': { kind: 'folder', mode: 0o700 },
        '/run/user/1000/sessiond/sessiond.sock': { kind: 'socket' },
        '/state': { kind: 'folder', mode: 0o700 },
        '/state/token': 'a-token-of-32-characters-or-more\n',
        '/state/tokens.json': '{}',
        '/run/systemd/system': { kind: 'folder', mode: 0o755 },
        '/usr/share/terminfo/x/xterm': { mode: 0o644, uid: 0 },
        '/proc/4711/cmdline': '/usr/bin/node\0/usr/lib/sessiond/bin/sessiond.js\0',
        '/proc/4711/cgroup': '0::/user.slice/session-3.scope\n',
        '/proc/4711/limits':
          'Limit                     Soft Limit           Hard Limit           Units     \nMax processes             30000                30000                processes \nMax open files            1048576              1048576              files     \n',
        '/proc/sys/kernel/pty/max': '4096\n',
        '/proc/sys/kernel/pty/nr': '7\n',
        ...machine?.files,
      },
    }),
  };
}
