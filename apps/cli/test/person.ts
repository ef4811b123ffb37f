import { randomUUID } from 'node:crypto';
import type { Client } from '@sessiond/client';
import { descendants } from '@sessiond/testkit';
import { expect } from 'vitest';
import { SESSIONCTL } from './sessionctl.ts';

/** Who lends people a terminal, and where their sessionctl finds its daemon. */
export interface Stage {
  readonly client: Client;
  readonly socketPath: string;
}

/** A person at a terminal of 80 by 24 who starts sessionctl and sees how it leaves the terminal. */
export class Person {
  readonly #client: Client;
  readonly sessionId: string;
  readonly pid: number;

  private constructor(client: Client, sessionId: string, pid: number) {
    this.#client = client;
    this.sessionId = sessionId;
    this.pid = pid;
  }

  /** A person who types `sessionctl` with these arguments. */
  static async starting(
    { client, socketPath }: Stage,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Person> {
    const sessionId = `outer-${randomUUID()}`;
    const script =
      '"$0" "$@"; echo "status $?"; stty -a | tr " ;" "\\n\\n" | grep -xE -- "-?(icanon|echo|isig|opost)"; echo over';
    const { session } = await client.request('create_session', {
      kind: 'pty',
      sessionId,
      env: { SESSIOND_SOCKET: socketPath, ...env },
      pty: { command: 'sh', args: ['-c', script, process.execPath, SESSIONCTL, ...args], term: 'xterm' },
    });
    return new Person(client, sessionId, session.pid!);
  }

  async type(data: string): Promise<void> {
    await this.#client.request('input', { sessionId: this.sessionId, data });
  }

  async sees(text: string): Promise<void> {
    try {
      await this.#client.request('wait_for', { sessionId: this.sessionId, text, timeoutMs: 60_000 });
    } catch (cause) {
      throw new Error(`Cannot see ${JSON.stringify(text)} on:\n${await this.screen()}`, { cause });
    }
  }

  async screen(): Promise<string> {
    const { dataBase64 } = await this.#client.request('read_output', { sessionId: this.sessionId });
    return Buffer.from(dataBase64, 'base64').toString();
  }

  signal(signal: NodeJS.Signals): void {
    const [sessionctl] = descendants(this.pid);
    process.kill(sessionctl!.pid, signal);
  }

  /** What was written until sessionctl was gone, its exit code, and that the terminal is a usual one again. */
  async end(): Promise<{ readonly screen: string; readonly status: number }> {
    await this.sees('over\r\n');
    const screen = await this.screen();
    // A shell names the signal that ended a program, except of Ctrl-C.
    const form = /^(.*?)(?:(?:Terminated|Hangup)\r\n)?status (\d+)\r\n(.*)over\r\n$/s;
    const [, before, status, modes] = form.exec(screen) ?? [];
    expect(modes?.split('\r\n').sort()).toEqual(['', 'echo', 'icanon', 'isig', 'opost']);
    return { screen: before!, status: Number(status) };
  }
}
