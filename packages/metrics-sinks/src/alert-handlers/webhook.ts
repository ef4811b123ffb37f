import type { AlertEvent, AlertHandler } from '../alert-event.ts';
import type { AlertEventKind } from '../alert-state.ts';
import {
  MAX_TIMER_MS,
  type ResolvedWebhookOptions,
  resolveWebhookOptions,
  type WebhookAlertHandlerOptions,
} from './webhook-options.ts';

/** The state of a webhook as plain JSON; `accepted = delivered + failed + dropped + waiting + sending`, always. */
export interface WebhookAlertSnapshot {
  readonly accepted: number;
  /** Answered with 2xx. */
  readonly delivered: number;
  /** Given up: after the last attempt, after an answer that another attempt would not change, or as there was no JSON for it. */
  readonly failed: number;
  /** Never sent to the end: driven out of the full queue, or still there when it was closed. */
  readonly dropped: number;
  readonly waiting: number;
  /** 1 while an event is being sent, pauses included. */
  readonly sending: number;
  /** Attempts, those that the gate refused included. */
  readonly attempts: number;
  /** Why the last attempt that failed did. */
  readonly lastFailure: string | null;
}

const MAX_FAILURE_LENGTH = 200;

/** An answer that was not 2xx. */
class UnwelcomeAnswer extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`answered ${status}`);
    this.status = status;
  }
}

/**
 * Posts events as JSON, one after the other and in order, to a URL.
 *
 * Nobody waits for it: an event is queued and `handle` returns. Every attempt has a deadline, after which its socket is closed, and every event a
 * bounded number of attempts. No redirect is followed. Answers of 2xx count as delivered; 4xx other than 408 and 429 are final. Bodies of
 * answers are not read. An event may arrive twice, if its answer got lost. While there is one to send, the process stays alive.
 */
export class WebhookAlertHandler implements AlertHandler {
  readonly kinds?: readonly AlertEventKind[];
  readonly #options: ResolvedWebhookOptions;
  readonly #queue: string[] = [];
  readonly #closing = new AbortController();
  #sending: Promise<void> | undefined;
  #accepted = 0;
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  #attempts = 0;
  #lastFailure: string | null = null;

  /** @throws InvalidSinkOptionError which names the option. */
  constructor(options: WebhookAlertHandlerOptions) {
    if (options.kinds !== undefined) this.kinds = options.kinds;
    this.#options = resolveWebhookOptions(options);
  }

  /** Queues the JSON of an event. After `close` it is dropped and counted. */
  handle(event: AlertEvent): void {
    this.#accepted++;
    if (this.#closing.signal.aborted) {
      this.#dropped++;
      return;
    }
    const body = this.#bodyOf(event);
    if (body === undefined) {
      this.#failed++;
      return;
    }
    this.#queue.push(body);
    this.#sending ??= this.#sendAll();
    // What is being sent has left the queue: only what waits can be driven out.
    if (this.#queue.length > this.#options.maxQueue) {
      this.#queue.shift();
      this.#dropped++;
    }
  }

  /** Resolves when nothing waits and nothing is being sent; never rejects. */
  async flush(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  /** Drops what waits, aborts what is being sent, and resolves when that has ended. For a last chance, `flush` first. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#dropped += this.#queue.length;
    this.#queue.length = 0;
    await this.flush();
  }

  snapshot(): WebhookAlertSnapshot {
    const settled = this.#delivered + this.#failed + this.#dropped;
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      waiting: this.#queue.length,
      sending: this.#accepted - settled - this.#queue.length,
      attempts: this.#attempts,
      lastFailure: this.#lastFailure,
    };
  }

  async #sendAll(): Promise<void> {
    for (let body = this.#queue.shift(); body !== undefined; body = this.#queue.shift()) {
      const outcome = await this.#send(body);
      if (outcome === 'delivered') this.#delivered++;
      else if (outcome === 'failed') this.#failed++;
      else this.#dropped++;
    }
    this.#sending = undefined;
  }

  async #send(body: string): Promise<'delivered' | 'failed' | 'dropped'> {
    let pauseMs = this.#options.retryMs;
    for (let attempt = 1; ; attempt++) {
      this.#attempts++;
      try {
        await this.#attempt(body);
        return 'delivered';
      } catch (error) {
        if (this.#closing.signal.aborted) return 'dropped';
        this.#noteFailure(error);
        if (attempt >= this.#options.maxAttempts || isFinal(error)) return 'failed';
      }
      await pause(pauseMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return 'dropped';
      pauseMs = Math.min(pauseMs * 2, MAX_TIMER_MS);
    }
  }

  #bodyOf(event: AlertEvent): string | undefined {
    try {
      return JSON.stringify(this.#options.format(event)) ?? 'null';
    } catch (error) {
      this.#noteFailure(error);
      return undefined;
    }
  }

  async #attempt(body: string): Promise<void> {
    const attempt = new AbortController();
    const unlink = link(this.#closing.signal, attempt);
    const deadline = setTimeout(() => {
      attempt.abort(new Error(`no answer within ${this.#options.deadlineMs} ms`));
    }, this.#options.deadlineMs);
    try {
      const work = this.#options.gate
        ? this.#options.gate.execute((signal) => this.#post(body, attempt, signal))
        : this.#post(body, attempt);
      // A gate may let its callers wait for longer than the deadline; if it runs the work after that, the signal has aborted.
      await settledUnlessAborted(work, attempt.signal);
    } finally {
      clearTimeout(deadline);
      unlink();
    }
  }

  async #post(body: string, attempt: AbortController, gateSignal?: AbortSignal): Promise<void> {
    const unlink = gateSignal && link(gateSignal, attempt);
    try {
      const { signal } = attempt;
      const answer = await fetch(this.#options.url, {
        method: 'POST',
        headers: this.#options.headers,
        body,
        redirect: 'manual',
        signal,
      });
      await answer.body?.cancel().catch(() => {});
      if (!answer.ok) throw new UnwelcomeAnswer(answer.status);
    } finally {
      unlink?.();
    }
  }

  #noteFailure(error: unknown): void {
    this.#lastFailure = reasonOf(error).slice(0, MAX_FAILURE_LENGTH);
  }
}

/**
 * Lets `signal` abort `controller`, until the function that is returned is called. By hand, as signals made by `AbortSignal.any` can be collected
 * before they fire in some versions of Node 20.
 */
function link(signal: AbortSignal, controller: AbortController): () => void {
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}

/** What becomes of `work`, or the reason of `signal` if that aborts before. */
function settledUnlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Whether another attempt would end the same way. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof UnwelcomeAnswer)) return false;
  return error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** Says what went wrong, and where `fetch` hides it in the cause, that: of a host with several addresses it is a code without a message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}

/** Waits, but not longer than until `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
