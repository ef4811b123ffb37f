import { beforeEach, describe, expect, it } from 'vitest';
import type { AgentTerminal, AgentTerminals } from '../agent-process.ts';
import { TerminalDesk } from './terminal-desk.ts';

type Asked = Parameters<AgentTerminals['open']>[0];

/** A terminal whose program the test plays. */
class PlayedTerminal implements AgentTerminal {
  readonly terminalId: string;
  text = '';
  killed = 0;
  released = 0;

  constructor(terminalId: string) {
    this.terminalId = terminalId;
  }

  output(): { output: string; truncated: boolean } {
    return { output: this.text, truncated: false };
  }

  async waitForExit(): Promise<{ exitCode: number; signal: null }> {
    return { exitCode: 3, signal: null };
  }

  async kill(): Promise<void> {
    this.killed += 1;
  }

  async release(): Promise<void> {
    this.released += 1;
  }
}

let asked: Asked[];
let opened: PlayedTerminal[];
let desk: TerminalDesk;
beforeEach(() => {
  asked = [];
  opened = [];
  const terminals: AgentTerminals = {
    open: async (request) => {
      asked.push(request);
      const terminal = new PlayedTerminal(`t${opened.length}`);
      opened.push(terminal);
      return terminal;
    },
  };
  desk = new TerminalDesk({ terminals, sessionId: 'agent-1', cwd: '/work', env: { PATH: '/bin', A: '1' } });
});

const create = (more: object = {}) => desk.create({ sessionId: 's', command: 'ls', ...more });

describe('TerminalDesk', () => {
  it('[AC06] opens terminals with the environment of tools, and what the agent adds to it', async () => {
    const env = [{ name: 'A', value: '2' }];
    expect(await create({ args: ['-l'], env, outputByteLimit: 99 })).toEqual({ terminalId: 't0' });
    expect(asked).toEqual([
      {
        sessionId: 'agent-1',
        command: 'ls',
        args: ['-l'],
        cwd: '/work',
        env: { PATH: '/bin', A: '2' },
        outputBytes: 99,
      },
    ]);
  });

  it('[AC06] gives a line of shell to a shell', async () => {
    await create({ command: 'ls | wc -l' });
    await create({ command: '/opt/with space', args: ['x'] });
    expect(asked.map(({ command, args }) => [command, args])).toEqual([
      ['/bin/sh', ['-c', 'ls | wc -l']],
      ['/opt/with space', ['x']],
    ]);
  });

  it('[AC06] keeps no more than 1 MiB, whatever the agent asks for', async () => {
    await create({ outputByteLimit: 1e12 });
    await create();
    expect(asked.map(({ outputBytes }) => outputBytes)).toEqual([1_048_576, 1_048_576]);
  });

  it('[AC06] refuses a folder that is not absolute, and more than 32 terminals, until one is released', async () => {
    await expect(create({ cwd: 'here' })).rejects.toThrow('cwd must be absolute');
    const all = await Promise.allSettled(Array.from({ length: 40 }, () => create()));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(32);
    await expect(create()).rejects.toThrow('Cannot open terminal: the agent has 32; release one');
    await desk.release('t7');
    await create();
  });

  it('[AC06] answers for its terminals, and knows no others', async () => {
    await create();
    opened[0]!.text = 'hello';
    expect(desk.output('t0')).toEqual({ output: 'hello', truncated: false });
    expect(await desk.waitForExit('t0', new AbortController().signal)).toEqual({ exitCode: 3, signal: null });
    await desk.kill('t0');
    expect(opened[0]!.killed).toBe(1);
    expect(() => desk.output('t9')).toThrow('there is none with this id');
    await expect(desk.kill('t9')).rejects.toThrow('there is none with this id');
  });

  it('[AC06] remembers the end of what released terminals wrote, for the last 32', async () => {
    for (let index = 0; index < 40; index += 1) {
      await create();
      opened[index]!.text = `${'x'.repeat(20_000)}${index}`;
      await desk.release(`t${index}`);
    }
    expect(desk.text('t7')).toBe('');
    expect(desk.text('t8')).toMatch(/x8$/);
    expect(desk.text('t39')).toHaveLength(16_384);
    expect(() => desk.output('t39')).toThrow('there is none with this id');
  });

  it('[AC06] ends what runs, and releases everything when it is closed', async () => {
    await create();
    await create();
    await desk.killAll();
    expect(opened.map(({ killed, released }) => [killed, released])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    await desk.close();
    await desk.close();
    expect(opened.map(({ released }) => released)).toEqual([1, 1]);
    await expect(create()).rejects.toThrow('the agent is ending');
  });

  it('[AC06] releases a terminal that is opened while it closes', async () => {
    const opening = create();
    await desk.close();
    await opening;
    expect(opened[0]!.released).toBe(1);
  });

  it.each(['killAll', 'releaseAll', 'close'] as const)('[AG11] ends with %s what is being opened, too', async (end) => {
    const terminal = new PlayedTerminal('late');
    let open: (terminal: AgentTerminal) => void = () => {};
    const late = new TerminalDesk({
      terminals: {
        open: () =>
          new Promise((resolve) => {
            open = resolve;
          }),
      },
      sessionId: 'agent-1',
      cwd: '/work',
      env: {},
    });
    const created = late.create({ sessionId: 's', command: 'sleep', args: ['1000'] });
    await late[end]();
    open(terminal);
    expect(await created).toEqual({ terminalId: 'late' });
    expect([terminal.killed, terminal.released]).toEqual(end === 'killAll' ? [1, 0] : [0, 1]);
  });

  it('[AC05] has room again for an agent whose process was lost with all it had', async () => {
    const all = () => Promise.all(Array.from({ length: 32 }, () => desk.create({ sessionId: 's', command: 'sleep' })));
    await all();
    await expect(desk.create({ sessionId: 's', command: 'sleep' })).rejects.toThrow('the agent has 32');
    await desk.releaseAll();
    expect(opened.map(({ released }) => released)).toEqual(Array.from({ length: 32 }, () => 1));
    await all();
  });
});
