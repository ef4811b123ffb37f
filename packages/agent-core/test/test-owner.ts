import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AgentEvent, AgentEventType, DialogAnswer } from '@sessiond/protocol';
import type { AgentOwner, DialogQuestion, ShellRequest } from '../src/backend.ts';

interface Waiter {
  readonly type: AgentEventType;
  readonly resolve: (event: AgentEvent) => void;
}

/** An owner that remembers what it was told, lets a test wait for events, and answers questions as the test says. */
export class TestOwner implements AgentOwner {
  readonly events: AgentEvent[] = [];
  readonly questions: DialogQuestion[] = [];
  /** Resolves at the first question. */
  readonly asked: Promise<void>;
  /** Questions that were taken back. */
  takenBack = 0;
  statusChanges = 0;
  /** What a question is answered with; by default nobody answers until it is taken back. */
  answer: (question: DialogQuestion) => DialogAnswer | undefined = () => undefined;
  #waiters: readonly Waiter[] = [];
  #wasAsked!: () => void;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#wasAsked = resolve;
    });
  }

  onEvent(event: AgentEvent): void {
    this.events.push(event);
    const told = this.#waiters.filter(({ type }) => type === event.type);
    this.#waiters = this.#waiters.filter((waiter) => !told.includes(waiter));
    for (const { resolve } of told) resolve(event);
  }

  onStatusChanged(): void {
    this.statusChanges += 1;
  }

  async ask(question: DialogQuestion, signal: AbortSignal): Promise<DialogAnswer> {
    this.questions.push(question);
    this.#wasAsked();
    const answer = this.answer(question);
    if (answer !== undefined || signal.aborted) return answer ?? { cancelled: true };
    await once(signal, 'abort');
    this.takenBack += 1;
    return { cancelled: true };
  }

  /** Runs a line with `sh`, as a group of its own, which an abort kills. */
  readonly runShell = async (
    { command, cwd, env, onOutput }: ShellRequest,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number | null }> => {
    signal.throwIfAborted();
    const child = spawn('sh', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => process.kill(-child.pid!, 'SIGKILL');
    signal.addEventListener('abort', end, { once: true });
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    const [exitCode] = await once(child, 'close');
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
    return { exitCode };
  };

  /** The next event of a type from now on. */
  async next<T extends AgentEventType>(type: T): Promise<AgentEvent<T>> {
    const event = await new Promise<AgentEvent>((resolve) => {
      this.#waiters = [...this.#waiters, { type, resolve }];
    });
    return event as AgentEvent<T>;
  }

  /** All events of a type so far. */
  all<T extends AgentEventType>(type: T): AgentEvent<T>[] {
    return this.events.filter((event) => event.type === type) as AgentEvent[] as AgentEvent<T>[];
  }

  /** What the model said so far, put together from its pieces. */
  get said(): string {
    return this.all('message_update')
      .map(({ assistantMessageEvent: piece }) => (piece.type === 'text_delta' ? piece.delta : ''))
      .join('');
  }
}
