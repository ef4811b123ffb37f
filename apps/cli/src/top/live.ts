import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sessiond/client';
import { isClientError } from '@sessiond/client';
import { isProtocolError } from '@sessiond/protocol/client';
import type { Context } from '../context.ts';
import { durationText } from '../quantity-text.ts';
import { styleFor } from '../style.ts';
import { windowSize } from '../terminal.ts';
import { FullScreen } from './full-screen.ts';
import { type KeyAction, keyActions } from './keys.ts';
import { type Overview, overviewOf } from './overview.ts';
import { scrollRange, type View, windowPage } from './page.ts';
import { type Sample, takeSample } from './sample.ts';

/** How long an answer may take before the daemon counts as one that hangs. */
const ANSWER_MS = 10_000;
/** How often it is said that there is still no answer. */
const TELL_MS = 1_000;

/**
 * Shows the daemon on the whole terminal, renewed every `intervalMs`, until the caller quits. Losses of the connection are told and survived.
 *
 * Rejects when the daemon refuses for good, and with the reason of the interruption.
 */
export async function showLive(context: Context, client: Client, intervalMs: number): Promise<void> {
  await new Live(context, client, intervalMs).run();
}

class Live {
  readonly #context: Context;
  readonly #client: Client;
  readonly #intervalMs: number;
  readonly #screen: FullScreen;
  readonly #quit = new AbortController();
  readonly #over: AbortSignal;
  #view: View = { order: 'rate', scroll: 0, notice: undefined };
  #overview: Overview | undefined;
  /** Of the same connection, so that it is of the same run of the daemon. */
  #earlier: Sample | undefined;

  constructor(context: Context, client: Client, intervalMs: number) {
    this.#context = context;
    this.#client = client;
    this.#intervalMs = intervalMs;
    this.#screen = new FullScreen(context);
    this.#over = AbortSignal.any([this.#quit.signal, context.interruption.signal]);
  }

  async run(): Promise<void> {
    // Before the screen is taken: who may not ask is told so on the usual one.
    await this.#sample();
    const stopListening = this.#listen();
    try {
      await this.#screen.enter();
      this.#draw();
      while (!this.#over.aborted) {
        await this.#pause(this.#intervalMs);
        if (!this.#over.aborted) await this.#renew();
      }
    } finally {
      stopListening();
      this.#screen.leave();
    }
    this.#context.interruption.signal.throwIfAborted();
  }

  async #sample(): Promise<void> {
    const sample = await takeSample(this.#client, { signal: this.#over, timeoutMs: ANSWER_MS });
    this.#overview = overviewOf(sample, this.#earlier);
    this.#earlier = sample;
  }

  /** Takes one sample and shows it, or says why there is none. Rejects when there will be none any more. */
  async #renew(): Promise<void> {
    if (this.#client.state.status !== 'open') {
      this.#tell(this.#lost());
      return;
    }
    const askedMs = performance.now();
    const telling = setInterval(() => {
      this.#tell(`no answer for ${Math.round((performance.now() - askedMs) / 1_000)} s`);
    }, TELL_MS);
    try {
      await this.#sample();
      this.#tell(undefined);
    } catch (error) {
      if (this.#over.aborted) return;
      await this.#onFailure(error);
    } finally {
      clearInterval(telling);
    }
  }

  async #onFailure(error: unknown): Promise<void> {
    if (isClientError(error, 'CONNECTION_LOST')) this.#tell(this.#lost());
    else if (isClientError(error, 'REQUEST_TIMEOUT')) this.#tell('no answer');
    else if (isProtocolError(error) && error.retryAfterMs !== undefined) {
      this.#tell(`refused with ${error.code}; looking again in ${durationText(error.retryAfterMs)}`);
      await this.#pause(error.retryAfterMs);
    } else throw error;
  }

  /** What is to be said of a connection that is away. @throws when it will not come back. */
  #lost(): string {
    const { state } = this.#client;
    // The daemon that is there next may be another one.
    this.#earlier = undefined;
    if (state.status === 'closed') throw state.cause ?? new Error('The connection was closed');
    return 'connection lost, reconnecting; what is shown is from before';
  }

  #tell(notice: string | undefined): void {
    this.#view = { ...this.#view, notice };
    this.#draw();
  }

  #draw(): void {
    if (this.#overview === undefined || this.#over.aborted) return;
    this.#screen.draw(windowPage(this.#overview, this.#view, windowSize(this.#context), styleFor(this.#context)));
  }

  #listen(): () => void {
    const { stdin, interruption } = this.#context;
    const onData = (bytes: Buffer): void => {
      for (const action of keyActions(bytes)) this.#act(action);
      this.#draw();
    };
    const onEnd = (): void => interruption.raise('SIGHUP');
    stdin.on('data', onData).once('end', onEnd).once('error', onEnd);
    const stopHearing = this.#screen.onResize(() => this.#draw());
    return () => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      stopHearing();
    };
  }

  #act(action: KeyAction): void {
    switch (action) {
      case 'quit':
        this.#quit.abort();
        break;
      case 'interrupt':
        this.#context.interruption.raise('SIGINT');
        break;
      case 'rate':
      case 'name':
      case 'attached':
        this.#view = { ...this.#view, order: action, scroll: 0 };
        break;
      default:
        this.#scroll(action);
    }
  }

  #scroll(action: 'up' | 'down' | 'pageUp' | 'pageDown' | 'home' | 'end'): void {
    if (this.#overview === undefined) return;
    const { last, page } = scrollRange(this.#overview, this.#view, windowSize(this.#context));
    const by = { up: -1, down: 1, pageUp: -page, pageDown: page, home: -last, end: last }[action];
    const scroll = Math.min(Math.max(Math.min(this.#view.scroll, last) + by, 0), last);
    this.#view = { ...this.#view, scroll };
  }

  /** Waits, no longer than until it is over. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#over }).catch(() => {});
  }
}
