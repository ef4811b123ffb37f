import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { spawnDaemon, type TestDaemon } from '@sessiond/testkit';

/** What a line of the dialect says. */
export type RpcLine = Record<string, unknown>;

/** `sessiond stdio --rpc-session` and somebody who talks to it. */
export class RpcPeer {
  readonly child: ChildProcess;
  readonly lines: RpcLine[] = [];
  /** Everything that was written to stdout. */
  raw = '';
  stderr = '';
  readonly #exited: Promise<number | null>;
  readonly #watchers = new Set<() => void>();
  #lastId = 0;

  constructor(daemon: Pick<TestDaemon, 'socketPath'>, homeDir: string, args: readonly string[]) {
    const all = ['stdio', '--rpc-session', ...args, '--socket', daemon.socketPath];
    this.child = spawnDaemon(all, { homeDir });
    this.#exited = once(this.child, 'close').then(([code]) => code as number | null);
    this.child.stdout!.setEncoding('utf8');
    this.child.stdout!.on('data', (text: string) => this.#receive(text));
    this.child.stderr!.setEncoding('utf8');
    this.child.stderr!.on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** Sends a line as it is. */
  write(text: string | Uint8Array): void {
    this.child.stdin!.write(text);
  }

  /** Sends a command and waits for its answer. */
  async ask(type: string, fields: object = {}): Promise<RpcLine> {
    const id = `c-${++this.#lastId}`;
    this.write(`${JSON.stringify({ id, type, ...fields })}\n`);
    return this.until((line) => line['id'] === id && line['type'] === 'response');
  }

  /** The data of an answer; fails when the command failed. */
  async data(type: string, fields: object = {}): Promise<RpcLine> {
    const answer = await this.ask(type, fields);
    if (answer['success'] !== true) throw new Error(`${type} failed: ${answer['error']}`);
    return answer['data'] as RpcLine;
  }

  /** The first line that fits, from the `from`-th on, as soon as it is there. */
  async until(fits: (line: RpcLine) => boolean, from = 0): Promise<RpcLine> {
    for (;;) {
      const found = this.lines.slice(from).find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }

  /** Has the agent work and waits until it is done; returns what was told meanwhile. */
  async run(message: string): Promise<RpcLine[]> {
    const from = this.lines.length;
    await this.data('prompt', { message });
    await this.until((line) => line['type'] === 'agent_end', from);
    return this.lines.slice(from);
  }

  /** Ends stdin and waits for the end. @returns the exit status. */
  end(): Promise<number | null> {
    this.child.stdin!.end();
    return this.#exited;
  }

  /** The exit status, however it ends. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }

  #rest = '';
  #receive(text: string): void {
    this.raw += text;
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop()!;
    for (const part of parts) this.lines.push(JSON.parse(part) as RpcLine);
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}
