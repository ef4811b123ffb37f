import { describe, expect, it } from 'vitest';
import { agentErrorCode, agentFailure } from './agent-failure.ts';

class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: number;
  readonly data: unknown;
  constructor(message: string, data?: unknown, code = -32_603) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const by = { provider: 'loopback', model: 'small' };

describe('agentFailure', () => {
  it.each([
    [
      '503 in words',
      new RequestError('Internal error: provider answered with HTTP 503'),
      { kind: 'http', status: 503 },
    ],
    [
      '429 with a wait',
      new RequestError('status 429, Retry-After: 7'),
      { kind: 'http', status: 429, retryAfterMs: 7_000 },
    ],
    ['529 before words', new RequestError('Internal error: 529 overloaded_error'), { kind: 'http', status: 529 }],
    ['a status as a number', new RequestError('Oh', { statusCode: 500 }), { kind: 'http', status: 500 }],
    [
      'a status in the details',
      new RequestError('Internal error', { details: 'status code: 502' }),
      { kind: 'http', status: 502 },
    ],
    ['a connection refused', new RequestError('connect ECONNREFUSED 127.0.0.1:1'), { kind: 'network' }],
    ['silence', new RequestError('Request timed out'), { kind: 'silence' }],
    ['an API that failed somehow', new RequestError('Oh', { errorName: 'APIError' }), { kind: 'unknown' }],
  ])('[AG17] blames the provider for %s', (_, error, provider) => {
    const failure = agentFailure('carry out prompt', error, by);
    expect(failure).toMatchObject({ code: 'agent-failed', interrupted: false, provider: { ...by, ...provider } });
    expect(failure.cause).toBe(error);
  });

  it.each([
    ['a key that is refused', new RequestError('HTTP 401 Unauthorized')],
    ['a request that is wrong', new RequestError('status 400')],
    ['anything else', new RequestError('Cannot read properties of undefined')],
    ['a number that is no status', new RequestError('broken at line 512 of file')],
  ])('[AG17] does not blame it for %s', (_, error) => {
    expect(agentFailure('carry out prompt', error, by).provider).toBeUndefined();
  });

  it('[AG17] tells what was attempted and what the agent said about it, no more than 500 characters', () => {
    expect(
      agentFailure('open conversation', new RequestError('Internal error', { details: 'no disk' }), by).message,
    ).toBe('Cannot open conversation: the agent answered: Internal error: no disk');
    expect(agentFailure('x', new RequestError('y'.repeat(9_000)), by).message.length).toBeLessThan(600);
  });

  it('[AG17] knows the errors of agents from all others', () => {
    expect(agentErrorCode(new RequestError('no', undefined, -32_000))).toBe(-32_000);
    expect(agentErrorCode(new Error('no'))).toBeUndefined();
    expect(agentErrorCode('no')).toBeUndefined();
  });
});
