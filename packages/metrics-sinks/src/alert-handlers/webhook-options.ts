import type { AlertEvent } from '../alert-event.ts';
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

/** What a webhook works with: checked, and with its defaults. */
export interface ResolvedWebhookOptions {
  readonly url: URL;
  /** With `content-type`. */
  readonly headers: Headers;
  readonly format: (event: AlertEvent) => unknown;
  readonly deadlineMs: number;
  readonly maxAttempts: number;
  readonly retryMs: number;
  readonly maxQueue: number;
  readonly gate: DeliveryGate | undefined;
}

const DEFAULTS = Object.freeze({
  deadlineMs: 5_000,
  maxAttempts: 3,
  retryMs: 1_000,
  maxQueue: 100,
});
/** What a timer of Node can wait. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** @throws InvalidSinkOptionError which names the option, and no value that may be secret. */
export function resolveWebhookOptions(options: WebhookAlertHandlerOptions): ResolvedWebhookOptions {
  return {
    url: checkedUrl(options.url),
    headers: checkedHeaders(options.headers ?? {}),
    format: options.format ?? ((event) => event),
    deadlineMs: integer('deadlineMs', options.deadlineMs ?? DEFAULTS.deadlineMs, 1, MAX_TIMER_MS),
    maxAttempts: integer('maxAttempts', options.maxAttempts ?? DEFAULTS.maxAttempts, 1, 100),
    retryMs: integer('retryMs', options.retryMs ?? DEFAULTS.retryMs, 0, MAX_TIMER_MS),
    maxQueue: integer('maxQueue', options.maxQueue ?? DEFAULTS.maxQueue, 0, 1_000_000),
    gate: options.gate,
  };
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
