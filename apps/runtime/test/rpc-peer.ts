import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { spawnDaemon } from '@sessiond/testkit';
import { type RpcSessionChoice, serveRpcSession } from '../src/rpc/serve-rpc-session.ts';

/** What a line of the dialect says. */
export type RpcLine = Record<string, unknown>;

/** What somebody who talks to a session in the dialect has before them. */
interface RpcStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exited: Promise<number | null>;
}

/** A session in the dialect of `pi --mode rpc`, and somebody who talks to it. */
export class RpcPeer {
  readonly lines: RpcLine[] = [];
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The exit status, however it ends. */
  readonly exited: Promise<number | null>;
  /** Everything that was written to stdout. */
  raw = '';
  stderr = '';
  readonly #watchers = new Set<() => void>();
  #lastId = 0;
  #rest = '';

  private constructor({ stdin, stdout, exited }: RpcStreams) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.exited = exited;
    stdout.setEncoding('utf8');
    stdout.on('data', (text: string) => this.#receive(text));
  }

  /** `sessiond stdio --rpc-session`, as a process. */
  static spawn(
    socketPath: string,
    homeDir: string,
    args: readonly string[],
  ): { readonly peer: RpcPeer; readonly child: ChildProcess } {
    const child = spawnDaemon(['stdio', '--rpc-session', ...args, '--socket', socketPath], { homeDir });
    const exited = once(child, 'close').then(([code]) => code as number | null);
    const peer = new RpcPeer({ stdin: child.stdin!, stdout: child.stdout!, exited });
    child.stderr!.setEncoding('utf8');
    child.stderr!.on('data', (text: string) => {
      peer.stderr += text;
    });
    return { peer, child };
  }

  /** The same in this process, which is much cheaper: real streams, and the real daemon behind its socket. */
  static inside(socketPath: string, choice: RpcSessionChoice): RpcPeer {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    // What is told at once is told before there is a peer.
    let stderr = '';
    let peer: RpcPeer | undefined;
    const exited = serveRpcSession({
      choice,
      daemon: { socketPath },
      version: '0.0.0',
      maxLineBytes: 1024 * 1024,
      input: stdin,
      output: stdout,
      tell: (sentence) => {
        stderr += `sessiond: ${sentence}\n`;
        if (peer !== undefined) peer.stderr = stderr;
      },
      signal: new AbortController().signal,
    });
    peer = new RpcPeer({ stdin, stdout, exited });
    return peer;
  }

  /** Sends a line as it is. */
  write(text: string | Uint8Array): void {
    this.stdin.write(text);
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
    this.stdin.end();
    return this.exited;
  }

  #receive(text: string): void {
    this.raw += text;
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop()!;
    for (const part of parts) this.lines.push(JSON.parse(part) as RpcLine);
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}
