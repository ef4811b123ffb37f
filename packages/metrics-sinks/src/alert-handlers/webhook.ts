import type { AlertEvent, AlertHandler } from '../alert-event.ts';
import type { AlertEventKind } from '../alert-state.ts';
import { InvalidSinkOptionError } from '../errors.ts';

/**
 * Something that stands in front of every attempt, such as a circuit breaker: it runs the work, or throws without having run it. The signal it may
 * give ends the attempt.
 */
export interface DeliveryGate {
  execute<T>(work: (signal?: AbortSignal) => Promise<T>): Promise<T>;
}

/** Where a `WebhookAlertHandler` posts, and how hard it tries. */
export interface WebhookAlertHandlerOptions {
  /** `http:` or `https:`, without user and password. It is never written anywhere, as it may hold a secret. */
  readonly url: string | URL;
  /** Sent beside `content-type: application/json`; never written anywhere either. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What to be told of; what people have to know by default. */
  readonly kinds?: readonly AlertEventKind[];
  /** The JSON to send for an event. Default: the event. */
  readonly format?: (event: AlertEvent) => unknown;
  /** Time for one attempt until it is answered, also for waiting at the gate; then its socket is closed. Default 5,000. */
  readonly deadlineMs?: number;
  /** Attempts for one event in all. Default 3. */
  readonly maxAttempts?: number;
  /** Pause before the second attempt; twice as long before each further one. Default 1,000. */
  readonly retryMs?: number;
  /** Events that may wait behind the one being sent; beyond that the oldest one goes. Default 100. */
  readonly maxQueue?: number;
  readonly gate?: DeliveryGate;
}

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

const DEFAULTS = Object.freeze({
  deadlineMs: 5_000,
  maxAttempts: 3,
  retryMs: 1_000,
  maxQueue: 100,
});
/** What a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
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
  readonly #url: URL;
  readonly #headers: Headers;
  readonly #format: (event: AlertEvent) => unknown;
  readonly #deadlineMs: number;
  readonly #maxAttempts: number;
  readonly #retryMs: number;
  readonly #maxQueue: number;
  readonly #gate: DeliveryGate | undefined;
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
    this.#url = checkedUrl(options.url);
    this.#headers = checkedHeaders(options.headers ?? {});
    this.#format = options.format ?? ((event) => event);
    this.#deadlineMs = integer('deadlineMs', options.deadlineMs ?? DEFAULTS.deadlineMs, 1, MAX_TIMER_MS);
    this.#maxAttempts = integer('maxAttempts', options.maxAttempts ?? DEFAULTS.maxAttempts, 1, 100);
    this.#retryMs = integer('retryMs', options.retryMs ?? DEFAULTS.retryMs, 0, MAX_TIMER_MS);
    this.#maxQueue = integer('maxQueue', options.maxQueue ?? DEFAULTS.maxQueue, 0, 1_000_000);
    this.#gate = options.gate;
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
    if (this.#queue.length > this.#maxQueue) {
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
    let pauseMs = this.#retryMs;
    for (let attempt = 1; ; attempt++) {
      this.#attempts++;
      try {
        await this.#attempt(body);
        return 'delivered';
      } catch (error) {
        if (this.#closing.signal.aborted) return 'dropped';
        this.#noteFailure(error);
        if (attempt >= this.#maxAttempts || isFinal(error)) return 'failed';
      }
      await pause(pauseMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return 'dropped';
      pauseMs = Math.min(pauseMs * 2, MAX_TIMER_MS);
    }
  }

  #bodyOf(event: AlertEvent): string | undefined {
    try {
      return JSON.stringify(this.#format(event)) ?? 'null';
    } catch (error) {
      this.#noteFailure(error);
      return undefined;
    }
  }

  async #attempt(body: string): Promise<void> {
    const attempt = new AbortController();
    const unlink = link(this.#closing.signal, attempt);
    const deadline = setTimeout(() => {
      attempt.abort(new Error(`no answer within ${this.#deadlineMs} ms`));
    }, this.#deadlineMs);
    try {
      const work = this.#gate
        ? this.#gate.execute((signal) => this.#post(body, attempt, signal))
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
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
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

function checkedUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  if (url?.username || url?.password) {
    return refuse('url', 'one with credentials', 'allowed are those without; the header authorization takes them');
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  return refuse('url', url?.protocol ?? 'no URL', 'allowed are http: and https:');
}

/** Refused here, as `fetch` would refuse them at every attempt and quote them as it does. */
function checkedHeaders(given: Readonly<Record<string, string>>): Headers {
  try {
    const headers = new Headers(given);
    headers.set('content-type', 'application/json');
    return headers;
  } catch {
    return refuse('headers', 'not of HTTP', 'allowed are names and values that HTTP can carry');
  }
}

function integer(option: string, value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  return refuse(option, String(value), `allowed are integers from ${from} to ${to}`);
}

function refuse(option: string, found: string, allowed: string): never {
  throw new InvalidSinkOptionError(option, found, allowed, 'create webhook');
}
