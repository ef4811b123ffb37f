import { describe, expect, it } from 'vitest';
import { FAKE_DAEMON, fakeExamined } from '../../test/fake-examined.ts';
import { CHECKS, findings } from './checks.ts';
import type { Approach, DaemonFacts, Examined } from './examined.ts';

const SOCKET = '/run/user/1000/sessiond/sessiond.sock';

/** What one check says, as `verdict: message`. */
function said(check: keyof typeof CHECKS, examined: Examined): string {
  return findings(examined)
    .filter((finding) => finding.check === check)
    .map(({ verdict, message }) => `${verdict}: ${message}`)
    .join('\n');
}

function approach(given: Partial<Approach>): Approach {
  return { address: SOCKET, transport: 'socket', listener: { kind: 'nobody' }, outcome: { kind: 'untried' }, ...given };
}

function daemon(given: Partial<DaemonFacts>): DaemonFacts {
  return { ...FAKE_DAEMON, ...given };
}

function withLimits(limits: Readonly<Record<string, number>>): DaemonFacts {
  return daemon({ limits: { ...FAKE_DAEMON.limits, ...limits } });
}

const unreachable: Approach['outcome'] = {
  kind: 'refused',
  failure: 'unreachable',
  message: `Cannot connect to ${SOCKET}: nobody listens there`,
};

it('finds nothing where all is well, and can tell everything there', () => {
  const found = findings(fakeExamined());
  expect(found.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(found.map(({ check }) => check)).toEqual(Object.keys(CHECKS));
});

it('says what to do about everything that is wrong, and sentences end', () => {
  const examined = fakeExamined({
    env: { XDG_RUNTIME_DIR: '/nowhere', LANG: 'C' },
    approaches: [approach({ outcome: unreachable })],
    daemon: undefined,
    machine: { nodeVersion: '18.1.0', now: () => 0, files: { '/state': { kind: 'folder', uid: 1 } } },
  });
  const wrong = findings(examined).filter(({ verdict }) => verdict === 'trouble' || verdict === 'warning');
  expect(wrong.map(({ check }) => check)).toEqual([
    'runtime folder',
    'state folder',
    'socket',
    'clock',
    'locale',
    'term',
    'node',
  ]);
  for (const { message, remedy } of wrong) {
    expect(message).toMatch(/\.$/);
    expect(remedy).toMatch(/\S/);
  }
});

it('leaves everything about this machine out when the daemon is on another one', () => {
  const url = approach({ address: 'wss://far.example', transport: 'tcp', outcome: { kind: 'open' } });
  const found = findings(fakeExamined({ isLocal: false, approaches: [url] }));
  const untold = found.filter(({ verdict }) => verdict === 'skipped').map(({ check }) => check);
  expect(untold).toEqual([
    'state folder',
    'token',
    'named tokens',
    'socket',
    'open files',
    'terminals',
    'processes',
    'memory',
    'linger',
  ]);
});

describe('folders and files', () => {
  it.each([
    ['not set', undefined, 'skipped: XDG_RUNTIME_DIR is not set; the socket is looked for in the state folder.'],
    ['relative', 'run', 'warning: XDG_RUNTIME_DIR is not an absolute path and counts as not set.'],
    ['missing', '/gone', 'warning: XDG_RUNTIME_DIR names /gone, and there is no such folder.'],
    [
      'foreign',
      '/run/user/0',
      'warning: XDG_RUNTIME_DIR names /run/user/0, which belongs to another user, as it does after su or sudo.',
    ],
  ])('a runtime folder that is %s', (_, path, expected) => {
    const machine = { files: { '/run/user/0': { kind: 'folder', uid: 0 } } } as const;
    expect(said('runtime folder', fakeExamined({ env: { XDG_RUNTIME_DIR: path }, machine }))).toBe(expected);
  });

  it.each([
    ['is a file', { kind: 'file' }, {}, /^trouble: .* is not a folder/],
    ['belongs to another user', { uid: 0 }, {}, /^trouble: .* belongs to another user/],
    ['lets others write', { mode: 0o777 }, {}, /^trouble: Others may write into \/state/],
    ['lets others look', { mode: 0o755 }, {}, /^warning: Others may look into \/state \(mode 755\)/],
    ['is read-only', {}, { mayWrite: () => false }, /^trouble: \/state cannot be written to/],
    ['is nearly full', {}, { room: () => ({ freeBytes: 2 ** 27, freeFiles: 1_000 }) }, /^warning: .* has 128 MiB left/],
    ['is full', {}, { room: () => ({ freeBytes: 2 ** 20, freeFiles: 1_000 }) }, /^trouble: .* has 1.0 MiB left/],
    ['takes no files', {}, { room: () => ({ freeBytes: 2 ** 40, freeFiles: 5 }) }, /^trouble: .* only 5 more files/],
    ['counts no files', {}, { room: () => ({ freeBytes: 2 ** 40, freeFiles: undefined }) }, /^ok: .* 1.0 TiB left/],
  ] as const)('a state folder that %s', (_, facts, machine, expected) => {
    const files = { '/state': { kind: 'folder', mode: 0o700, ...facts } } as const;
    expect(said('state folder', fakeExamined({ machine: { ...machine, files } }))).toMatch(expected);
  });

  it('a state folder that no daemon has made yet is no trouble', () => {
    const examined = fakeExamined({ stateDir: '/new' });
    expect(said('state folder', examined)).toMatch(/^ok: .*first start/);
    expect(said('token', examined)).toMatch(/^skipped/);
  });

  it.each([
    [{ uid: 0 }, /^trouble: .*another user/],
    [{ mode: 0o640 }, /^trouble: Others may read .*\(mode 640\)/],
    [{ kind: 'folder' }, /^trouble: .*is not a file/],
    ['short', /^trouble: .*holds no token/],
  ] as const)('a token file that is %j', (file, expected) => {
    expect(said('token', fakeExamined({ machine: { files: { '/state/token': file } } }))).toMatch(expected);
  });
});

it.each([
  [{ uid: 0 }, /^trouble: .* belongs to another user/],
  [{ mode: 0o640 }, /^trouble: .*\(mode 640\), and a daemon does not read it\.$/],
  [{}, /^ok/],
])('a file of named tokens that is %j', (facts, expected) => {
  const env = { SESSIOND_TOKEN_FILE: '/etc/named.json' };
  const files = { '/etc/named.json': facts };
  expect(said('named tokens', fakeExamined({ env, machine: { files } }))).toMatch(expected);
  expect(said('named tokens', fakeExamined({ env }))).toMatch(/^skipped/);
});

describe('finding the daemon', () => {
  const open: Approach = approach({ listener: { kind: 'daemon', pid: 4_711 }, outcome: { kind: 'open' } });

  it('tells a socket that is left over, with the process that made it, and says it once', () => {
    const examined = fakeExamined({
      approaches: [approach({ outcome: unreachable })],
      daemon: undefined,
      machine: { files: { [`${SOCKET}.pid`]: '99\n' } },
    });
    expect(said('socket', examined)).toBe(`trouble: ${SOCKET} is left over from a daemon that is gone (process 99).`);
    expect(said('daemon', examined)).toMatch(/^skipped/);
  });

  it('tells a socket that was deleted under a daemon that runs', () => {
    const examined = fakeExamined({
      approaches: [approach({ address: '/gone.sock', outcome: unreachable })],
      daemon: undefined,
      machine: { files: { '/gone.sock.pid': '4711\n' } },
    });
    expect(said('socket', examined)).toBe('trouble: The socket /gone.sock of process 4711, which runs, is gone.');
  });

  it.each([
    [{ kind: 'file' }, 'is not a socket'],
    [{ kind: 'socket', uid: 0 }, 'belongs to another user'],
    [{ kind: 'socket', mode: 0o666 }, '(mode 666)'],
  ] as const)('a socket that is %j is trouble', (facts, expected) => {
    const examined = fakeExamined({ approaches: [open], machine: { files: { [SOCKET]: facts } } });
    expect(said('socket', examined)).toMatch(/^trouble/);
    expect(said('socket', examined)).toContain(expected);
  });

  it('a folder of the socket that others may write to is trouble', () => {
    const files = { '/run/user/1000/sessiond': { kind: 'folder', mode: 0o777 } } as const;
    expect(said('socket', fakeExamined({ machine: { files } }))).toMatch(/^trouble: Others may put another socket/);
  });

  it('names the process that is on record, when another one answers', () => {
    const files = { [`${SOCKET}.pid`]: '12\n' };
    expect(said('socket', fakeExamined({ machine: { files, isAlive: () => true } }))).toMatch(
      /^warning: Process 4711 answers .* names 12, which runs as well\.$/,
    );
    expect(said('socket', fakeExamined({ machine: { files } }))).toMatch(/which is gone\.$/);
  });

  it('prefers the socket that answers to one before it that does not exist', () => {
    const approaches = [approach({ address: '/gone.sock', outcome: unreachable }), open];
    expect(said('socket', fakeExamined({ approaches }))).toMatch(/^ok/);
    expect(said('daemon', fakeExamined({ approaches }))).toMatch(/^ok/);
  });

  it.each([
    ['timeout', /busy or stopped/],
    ['busy', /maxConnections/],
    ['unauthenticated', /SESSIOND_TOKEN/],
    ['refused', /as the user that runs it/],
    ['protocol', /same major version/],
  ] as const)('a daemon that cannot be reached for %s is trouble', (failure, remedy) => {
    const outcome = { kind: 'refused', failure, message: 'Cannot connect to it' } as const;
    const examined = fakeExamined({
      approaches: [approach({ listener: { kind: 'unknown' }, outcome })],
      daemon: undefined,
    });
    const [finding] = findings(examined).filter(({ check }) => check === 'daemon');
    expect(finding).toMatchObject({ verdict: 'trouble', message: 'Cannot connect to it.' });
    expect(finding?.remedy).toMatch(remedy);
  });

  it('tells what is on the port of the daemon', () => {
    const tcp = (given: Partial<Approach>, facts: Partial<DaemonFacts> = {}): string => {
      const url = approach({ address: 'ws://127.0.0.1:3141', transport: 'tcp', ...given });
      return said('tcp', fakeExamined({ approaches: [open, url], daemon: daemon(facts) }));
    };
    expect(tcp({ listener: { kind: 'daemon', pid: 5 } })).toMatch(/^warning: .* another daemon, process 5\.$/);
    expect(tcp({})).toMatch(/^skipped: Nobody listens/);
    expect(tcp({}, { transports: ['unix'] })).toBe('ok: The daemon does not listen on TCP.');
    const message = 'Cannot connect to ws://127.0.0.1:3141: no';
    expect(tcp({ outcome: { kind: 'refused', failure: 'unauthenticated', message } })).toBe(`trouble: ${message}.`);
  });

  it('warns of a daemon of another minor version of the protocol', () => {
    expect(said('versions', fakeExamined({ daemon: daemon({ protocolVersion: '1.4.0' }) }))).toMatch(
      /^warning: sessiond 1\.2\.3 with protocol 1\.4\.0/,
    );
  });
});

describe('limits of the machine', () => {
  it.each([
    ['1664', 20, 'ok'],
    ['1663', 20, 'warning'],
    ['unlimited', 20, 'ok'],
    ['2000', 1_900, 'trouble'],
  ])('%s descriptors, %d of them in use: %s', (soft, inUse, verdict) => {
    const files = { '/proc/4711/limits': `Max open files            ${soft}                 ${soft}      files\n` };
    expect(said('open files', fakeExamined({ machine: { files, entries: () => inUse } }))).toMatch(
      new RegExp(`^${verdict}: `),
    );
  });

  it.each([
    ['300', '10', 'ok'],
    ['299', '10', 'warning'],
    ['4096', '4000', 'trouble'],
  ])('%s terminals, %s of them in use: %s', (most, inUse, verdict) => {
    const files = { '/proc/sys/kernel/pty/max': most, '/proc/sys/kernel/pty/nr': inUse };
    expect(said('terminals', fakeExamined({ machine: { files } }))).toMatch(new RegExp(`^${verdict}: `));
  });

  it('the narrowest limit on processes counts, of the group, of one above it, or of the user', () => {
    const group = '/sys/fs/cgroup/user.slice';
    const limit = (files: Record<string, string>): string => said('processes', fakeExamined({ machine: { files } }));
    expect(limit({})).toBe('ok: The daemon may have 30000 processes, and start 300 programs.');
    expect(limit({ [`${group}/pids.max`]: '200\n' })).toMatch(/^warning: The daemon may have 200 processes/);
    expect(limit({ [`${group}/session-3.scope/pids.max`]: 'max\n', [`${group}/pids.max`]: '5000\n' })).toMatch(
      /^ok: The daemon may have 5000/,
    );
    expect(limit({ [`${group}/pids.max`]: '5000\n', [`${group}/pids.current`]: '4900\n' })).toMatch(
      /^trouble: 4900 of the 5000 processes/,
    );
  });

  it('version 1 of control groups has a tree per controller, and writes a huge number for no limit', () => {
    const files = {
      '/proc/4711/cgroup': '5:memory:/box\n4:cpu,pids:/box\n1:name=systemd:/\n',
      '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 ** 30}\n`,
      '/sys/fs/cgroup/pids/box/pids.max': '100\n',
    };
    expect(said('memory', fakeExamined({ machine: { files } }))).toMatch(
      /^warning: The control group of the daemon has 1\.0 GiB, and the daemon may need 1\.3 GiB at most/,
    );
    expect(said('processes', fakeExamined({ machine: { files } }))).toMatch(/^warning: The daemon may have 100/);
  });

  it('memory is that of the machine where no group narrows it', () => {
    const files = { '/sys/fs/cgroup/memory.max': `${2 ** 50}\n` };
    expect(said('memory', fakeExamined({ machine: { files } }))).toMatch(/^ok: The machine has 8\.0 GiB/);
    expect(said('memory', fakeExamined({ daemon: withLimits({ bufferBytes: 2 ** 30 }) }))).toMatch(
      /^warning: The machine has 8\.0 GiB, and the daemon may need 300 GiB at most/,
    );
    const full = { '/sys/fs/cgroup/memory.max': `${2 ** 31}\n`, '/sys/fs/cgroup/memory.current': `${2 ** 31}\n` };
    expect(said('memory', fakeExamined({ machine: { files: full } }))).toMatch(/^trouble/);
  });

  it('a process that only has the number of the daemon is not taken for it', () => {
    const files = { '/proc/4711/cmdline': 'sshd\0' };
    for (const check of ['open files', 'terminals', 'processes', 'memory']) {
      expect(said(check, fakeExamined({ machine: { files } }))).toMatch(/^skipped/);
    }
  });
});

describe('surroundings', () => {
  it('a clock that cannot be right, or is not that of the daemon', () => {
    expect(said('clock', fakeExamined({ machine: { now: () => 0 } }))).toBe(
      'trouble: The clock says 1970-01-01T00:00:00.000Z, which cannot be.',
    );
    const apart = (clockAheadMs: number): string => said('clock', fakeExamined({ daemon: daemon({ clockAheadMs }) }));
    expect(apart(-45_000)).toBe('warning: The clock of the daemon is 45 s behind the one here.');
    expect(apart(120_000)).toBe('warning: The clock of the daemon is 2 min ahead of the one here.');
    expect(apart(29_000)).toMatch(/^ok/);
  });

  it('a service of the user ends with their last login unless they linger', () => {
    const cgroup = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/sessiond.service\n';
    const service = (files: Record<string, string>): string =>
      said('linger', fakeExamined({ machine: { files: { '/proc/4711/cgroup': cgroup, ...files } } }));
    expect(service({})).toMatch(/^warning: .*systemd ends it/);
    expect(service({ '/var/lib/systemd/linger/ada': '' })).toMatch(/^ok/);
    expect(service({ '/proc/4711/cgroup': '0::/system.slice/sessiond.service\n' })).toMatch(/^ok/);
  });

  it.each([
    [{ LANG: 'de_DE.UTF-8' }, 'ok: LANG asks for UTF-8.'],
    [{ LANG: 'de_DE.utf8', LC_ALL: '' }, 'ok: LANG asks for UTF-8.'],
    [
      { LANG: 'C.UTF-8', LC_ALL: 'C' },
      'warning: LC_ALL is not UTF-8, so that letters beyond ASCII may come out wrong.',
    ],
    [{}, 'warning: No locale is set, so that letters beyond ASCII may come out wrong.'],
  ])('the locale of %j', (env, expected) => {
    expect(said('locale', fakeExamined({ env }))).toBe(expected);
  });

  it.each([
    ['xterm', 'ok: TERM is xterm, and this machine knows it.'],
    ['foot', 'ok: TERM is foot, and this machine knows it.'],
    ['kitty', 'warning: TERM is kitty, which this machine does not know.'],
    ['dumb', 'warning: TERM is dumb, so that full-screen programs cannot draw.'],
    ['../../etc/passwd', 'warning: TERM is ../../etc/passwd, which is no name of a terminal.'],
    [undefined, 'warning: TERM is not set, so that full-screen programs cannot draw.'],
  ])('TERM %s', (term, expected) => {
    const files = { '/usr/share/terminfo': { kind: 'folder' }, '/home/ada/.terminfo/f/foot': {} } as const;
    expect(said('term', fakeExamined({ env: { TERM: term }, machine: { files } }))).toBe(expected);
  });

  it('does not judge a terminal where there is none', () => {
    const examined = fakeExamined({ env: {}, isInteractive: false });
    expect([said('locale', examined), said('term', examined)].join()).not.toMatch(/warning|trouble/);
  });

  it.each([
    ['20.18.3', 'trouble'],
    ['20.19.0', 'ok'],
    ['26.0.0', 'ok'],
  ])('Node %s is %s', (version, verdict) => {
    expect(said('node', fakeExamined({ machine: { nodeVersion: version } }))).toMatch(new RegExp(`^${verdict}: `));
  });
});

describe('what the daemon says and does', () => {
  it('repeats each part that is not well, and nothing it says can move the cursor', () => {
    const checks = [
      { name: 'breakers', status: 'degraded', message: 'spawn is \x1b[2Jopen' },
      { name: 'sessions', status: 'ok' },
      { name: 'journal', status: 'failed' },
    ] as const;
    const health = { ...FAKE_DAEMON.health!, checks };
    expect(said('health', fakeExamined({ daemon: daemon({ health }) }))).toBe(
      'trouble: The daemon says that breakers is degraded: spawn is ^[[2Jopen\ntrouble: The daemon says that journal is failed.',
    );
  });

  it('tells at which step a session failed', () => {
    const trial = { kind: 'failed', step: 'start a program', message: 'no such thing' } as const;
    expect(said('session', fakeExamined({ daemon: daemon({ trial }) }))).toBe(
      'trouble: Cannot start a program: no such thing.',
    );
    expect(said('session', fakeExamined({ daemon: daemon({ trial: { kind: 'worked', tookMs: 3_000 } }) }))).toMatch(
      /^warning: .* in 3\.0 s\.$/,
    );
  });

  it('tells nothing it was not allowed to ask', () => {
    const examined = fakeExamined({
      daemon: daemon({ health: undefined, limits: undefined, clockAheadMs: undefined }),
    });
    for (const check of ['health', 'open files', 'terminals', 'memory'])
      expect(said(check, examined)).toMatch(/^skipped/);
  });
});
