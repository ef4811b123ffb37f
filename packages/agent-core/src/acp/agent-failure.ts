import { AgentFailedError, type ProviderFailure } from '../errors.ts';
import { hideSecrets } from '../hide-secrets.ts';
import { isRecord } from './json.ts';

/** How much of an error of the agent is looked at, and told. */
const MAX_LOOKED_AT = 8_192;
const MAX_TOLD = 500;

const STATUS =
  /\b(?:HTTP|status(?:\s*code)?|error|code)\W{0,4}(4\d\d|5\d\d)\b|(?:^|[:(]\s*)(429|5\d\d)\b\s*[A-Za-z{"]/i;
const NETWORK =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|socket hang up|fetch failed|unable to connect|cannot connect|connection (?:refused|error|reset)/i;
const SILENCE = /ETIMEDOUT|timed? ?out|UND_ERR_(?:HEADERS|BODY)_TIMEOUT/i;
const RETRY_AFTER_S = /retry[-_ ]after\W{0,4}(\d{1,5}(?:\.\d+)?)/i;

/** Who answers a prompt, as far as is known. */
export interface AnsweredBy {
  readonly provider: string;
  readonly model?: string;
}

/**
 * Makes one of our errors of one that an agent answered with.
 *
 * The protocol has no field for what a provider said, so its status is looked for in the words and the data of the error. A provider is blamed for 408, 429 and 5xx,
 * for a connection that failed, for silence, and where the agent (opencode) says that it was the provider's API but not how; other statuses are about the request or
 * the key.
 */
export function agentFailure(attempt: string, error: unknown, answeredBy: AnsweredBy): AgentFailedError {
  const words = describe(error);
  const provider = providerFailure(`${words} ${dataOf(error)}`, error, answeredBy);
  const told = hideSecrets(words).slice(0, MAX_TOLD);
  return new AgentFailedError(`Cannot ${attempt}: the agent answered: ${told}`, {
    cause: error,
    ...(provider !== undefined && { provider }),
  });
}

/** The code of an error that came from the agent; `undefined` for any other error. */
export function agentErrorCode(error: unknown): number | undefined {
  return error instanceof Error && error.name === 'RequestError' && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

function providerFailure(text: string, error: unknown, answeredBy: AnsweredBy): ProviderFailure | undefined {
  const status = statusOf(error) ?? statusIn(text);
  if (status !== undefined) {
    if (status !== 408 && status !== 429 && status < 500) return undefined;
    const seconds = RETRY_AFTER_S.exec(text)?.[1];
    return {
      ...answeredBy,
      kind: 'http',
      status,
      ...(seconds !== undefined && { retryAfterMs: Math.round(Number(seconds) * 1_000) }),
    };
  }
  if (dataField(error, 'errorName') === 'APIError') return { ...answeredBy, kind: 'unknown' };
  if (SILENCE.test(text)) return { ...answeredBy, kind: 'silence' };
  return NETWORK.test(text) ? { ...answeredBy, kind: 'network' } : undefined;
}

/** A status that the agent gives as a number of its own. */
function statusOf(error: unknown): number | undefined {
  const status = dataField(error, 'statusCode') ?? dataField(error, 'status') ?? dataField(error, 'httpStatus');
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined;
}

function dataField(error: unknown, name: string): unknown {
  const data = error instanceof Error && 'data' in error ? error.data : undefined;
  return isRecord(data) ? data[name] : undefined;
}

function statusIn(text: string): number | undefined {
  const [, named, bare] = STATUS.exec(text) ?? [];
  const digits = named ?? bare;
  return digits === undefined ? undefined : Number(digits);
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const data = error instanceof Error && 'data' in error ? error.data : undefined;
  // What an internal error is about stands in its data.
  const details = isRecord(data) ? (data['details'] ?? data['message']) : data;
  const words = typeof details === 'string' && !message.includes(details) ? `${message}: ${details}` : message;
  return words.slice(0, MAX_LOOKED_AT);
}

function dataOf(error: unknown): string {
  const data = error instanceof Error && 'data' in error ? error.data : undefined;
  return data === undefined ? '' : (JSON.stringify(data) ?? '').slice(0, MAX_LOOKED_AT);
}
