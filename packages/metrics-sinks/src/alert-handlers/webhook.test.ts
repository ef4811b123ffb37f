import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertEvent } from '../alert-event.ts';
import { WebhookAlertHandler } from './webhook.ts';
import type { DeliveryGate, WebhookAlertHandlerOptions } from './webhook-options.ts';

type Answer = (response: ServerResponse) => void;

const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end();
/** Takes the request and never answers it. */
const silence: Answer = () => {};

/** A server on loopback that writes down what arrives and answers as it is told. */
class Receiver {
  readonly requests: { readonly message: IncomingMessage; readonly body: string }[] = [];
  readonly responses: ServerResponse[] = [];
  readonly closedSockets = new Set<Socket>();
  /** One for each request to come; the last one for all others. */
  answers: Answer[] = [status(204)];
  readonly #server: Server;
  #arrived = () => {};

  constructor() {
    this.#server = createServer((message, response) => void this.#take(message, response));
    this.#server.on('connection', (socket) =>
      socket.once('close', () => {
        this.closedSockets.add(socket);
        this.#arrived();
      }),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?key=secret`;
  }

  get rules(): string[] {
    return this.requests.map(({ body }) => JSON.parse(body).rule);
  }

  async open(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Resolves when something arrived or closed after which `holds` is true. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#arrived = resolve));
  }

  async #take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of message.setEncoding('utf8')) body += chunk;
    this.requests.push({ message, body });
    this.responses.push(response);
    const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
    answer(response);
    this.#arrived();
  }
}

let receiver: Receiver;
let handlers: WebhookAlertHandler[];
beforeEach(async () => {
  receiver = new Receiver();
  handlers = [];
  await receiver.open();
});
afterEach(async () => {
  await Promise.all(handlers.map((handler) => handler.close()));
  await receiver.close();
});

function webhook(options: Partial<WebhookAlertHandlerOptions> = {}): WebhookAlertHandler {
  const handler = new WebhookAlertHandler({ url: receiver.url, retryMs: 0, ...options });
  handlers.push(handler);
  return handler;
}

function event(rule: string): AlertEvent {
  return {
    kind: 'firing',
    rule,
    summary: 'Something is wrong.',
    metric: 'some.metric',
    labels: { of: 'disk' },
    level: 'warn',
    previousLevel: null,
    phase: 'firing',
    previousPhase: 'inactive',
    value: 11,
    at: 1_000,
    time: '2026-01-01T00:00:00.000Z',
    activeMs: 0,
  };
}

describe('a webhook', () => {
  it('names the kinds of events to be told of', () => {
    expect(webhook().kinds).toBeUndefined();
    expect(webhook({ kinds: ['resolved'] }).kinds).toEqual(['resolved']);
  });

  it('posts every event as JSON, in order', async () => {
    const handler = webhook({ headers: { authorization: 'Bearer token' } });
    for (const rule of ['a', 'b', 'c']) handler.handle(event(rule));
    await handler.flush();
    expect(receiver.rules).toEqual(['a', 'b', 'c']);
    const { message, body } = receiver.requests[0]!;
    expect(JSON.parse(body)).toEqual(event('a'));
    expect(message).toMatchObject({ method: 'POST', url: '/hook?key=secret' });
    expect(message.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer token' });
    expect(handler.snapshot()).toEqual({
      accepted: 3,
      delivered: 3,
      failed: 0,
      dropped: 0,
      waiting: 0,
      sending: 0,
      attempts: 3,
      lastFailure: null,
    });
  });

  it('says once that it posts JSON, whatever headers it was given', async () => {
    const handler = webhook({ headers: { 'Content-Type': 'text/plain' } });
    handler.handle(event('a'));
    await handler.flush();
    expect(receiver.requests[0]?.message.headers['content-type']).toBe('application/json');
  });

  it('posts what it was told to make of an event', async () => {
    const handler = webhook({ format: ({ rule, value }) => ({ text: `${rule} is ${value}` }) });
    handler.handle(event('a'));
    await handler.flush();
    expect(receiver.requests[0]?.body).toBe('{"text":"a is 11"}');
  });

  it('goes on after an event of which no JSON can be made', async () => {
    const handler = webhook({ format: (given) => (given.rule === 'a' ? 1n : given) });
    handler.handle(event('a'));
    handler.handle(event('b'));
    await handler.flush();
    expect(receiver.rules).toEqual(['b']);
    expect(handler.snapshot()).toMatchObject({ failed: 1, delivered: 1, attempts: 1, lastFailure: expect.any(String) });
  });

  it('delivers what comes after it was idle', async () => {
    const handler = webhook();
    handler.handle(event('a'));
    await handler.flush();
    handler.handle(event('b'));
    await handler.flush();
    expect(receiver.rules).toEqual(['a', 'b']);
  });
});

describe('a server that does not answer', () => {
  it('meets the deadline, its socket is closed, and the next event goes on', async () => {
    receiver.answers = [silence, status(200)];
    // Long enough for a busy machine to answer in time.
    const handler = webhook({ deadlineMs: 500, maxAttempts: 1 });
    handler.handle(event('a'));
    handler.handle(event('b'));
    await receiver.until(() => receiver.closedSockets.has(receiver.requests[0]?.message.socket as Socket));
    await handler.flush();
    expect(receiver.rules).toEqual(['a', 'b']);
    expect(handler.snapshot()).toMatchObject({ failed: 1, delivered: 1, lastFailure: 'no answer within 500 ms' });
  });

  it('is done with once it has answered, whatever body it goes on sending', async () => {
    receiver.answers = [(response) => void response.writeHead(200).write('and so on')];
    const handler = webhook();
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ delivered: 1 });
    await receiver.until(() => receiver.closedSockets.size === 1);
    // A socket that nobody closes is closed in the end by the garbage collector.
  }, 30_000);
});

describe('a server that fails', () => {
  it.each([500, 503, 408, 429])('with %d gets another chance', async (code) => {
    receiver.answers = [status(code), status(200)];
    const handler = webhook();
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ delivered: 1, attempts: 2, lastFailure: `answered ${code}` });
  });

  it('is asked maxAttempts times and no more', async () => {
    receiver.answers = [status(500)];
    const handler = webhook({ maxAttempts: 4 });
    handler.handle(event('a'));
    await handler.flush();
    expect(receiver.requests).toHaveLength(4);
    expect(handler.snapshot()).toMatchObject({ failed: 1, attempts: 4, lastFailure: 'answered 500' });
  });

  it.each([400, 401, 404])('with %d is not asked again', async (code) => {
    receiver.answers = [status(code)];
    const handler = webhook();
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ failed: 1, attempts: 1 });
  });

  it('by sending elsewhere is not followed', async () => {
    receiver.answers = [(response) => void response.writeHead(307, { location: '/elsewhere' }).end()];
    const handler = webhook();
    handler.handle(event('a'));
    await handler.flush();
    expect(receiver.requests.map(({ message }) => message.url)).toEqual(['/hook?key=secret']);
    expect(handler.snapshot()).toMatchObject({ failed: 1, lastFailure: 'answered 307' });
  });

  it('by not being there is told without its address', async () => {
    const gone = new Receiver();
    await gone.open();
    const { url } = gone;
    await gone.close();
    const handler = webhook({ url, maxAttempts: 2 });
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({
      failed: 1,
      attempts: 2,
      lastFailure: expect.stringContaining('ECONNREFUSED'),
    });
    expect(JSON.stringify(handler.snapshot())).not.toContain('secret');
  });
});

describe('a full queue', () => {
  it('drops the oldest event that waits, and counts it', async () => {
    receiver.answers = [silence, status(200)];
    const handler = webhook({ maxQueue: 2 });
    for (const rule of ['a', 'b', 'c', 'd', 'e']) handler.handle(event(rule));
    expect(handler.snapshot()).toMatchObject({ accepted: 5, sending: 1, waiting: 2, dropped: 2 });
    await receiver.until(() => receiver.requests.length === 1);
    receiver.responses[0]!.writeHead(200).end();
    await handler.flush();
    expect(receiver.rules).toEqual(['a', 'd', 'e']);
    expect(handler.snapshot()).toMatchObject({ delivered: 3, waiting: 0, dropped: 2 });
  });

  it('of no room keeps only the event being sent', async () => {
    const handler = webhook({ maxQueue: 0 });
    for (const rule of ['a', 'b']) handler.handle(event(rule));
    await handler.flush();
    expect(receiver.rules).toEqual(['a']);
    expect(handler.snapshot()).toMatchObject({ delivered: 1, dropped: 1 });
  });
});

describe('closing', () => {
  it('aborts what is being sent, closes its socket and drops what waits', async () => {
    receiver.answers = [silence];
    const handler = webhook();
    for (const rule of ['a', 'b', 'c']) handler.handle(event(rule));
    await receiver.until(() => receiver.requests.length === 1);
    await handler.close();
    expect(handler.snapshot()).toMatchObject({ accepted: 3, dropped: 3, sending: 0, waiting: 0, lastFailure: null });
    await receiver.until(() => receiver.closedSockets.size === 1);
  });

  it('does not wait for the pause before another attempt', async () => {
    receiver.answers = [status(500)];
    const handler = webhook({ retryMs: 2 ** 31 - 1 });
    handler.handle(event('a'));
    // The attempt is over when its failure is known.
    while (handler.snapshot().lastFailure === null) await new Promise(setImmediate);
    await handler.close();
    expect(handler.snapshot()).toMatchObject({ dropped: 1, attempts: 1 });
  });

  it('drops what comes afterwards, and can be done twice', async () => {
    const handler = webhook();
    await handler.close();
    await handler.close();
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ accepted: 1, dropped: 1, attempts: 0 });
    expect(receiver.requests).toEqual([]);
  });
});

describe('a gate', () => {
  it('stands in front of every attempt', async () => {
    let asked = 0;
    const gate: DeliveryGate = {
      execute: async (work) => {
        asked++;
        if (asked === 1) throw new Error('the circuit is open');
        return work(new AbortController().signal);
      },
    };
    const handler = webhook({ gate });
    handler.handle(event('a'));
    await handler.flush();
    expect([asked, receiver.requests.length]).toEqual([2, 1]);
    expect(handler.snapshot()).toMatchObject({ delivered: 1, attempts: 2, lastFailure: 'the circuit is open' });
  });

  it('that fails at every address of a host is told by its code', async () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const gate: DeliveryGate = { execute: () => Promise.reject(new TypeError('fetch failed', { cause })) };
    const handler = webhook({ gate, maxAttempts: 1 });
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ failed: 1, lastFailure: 'ECONNREFUSED' });
  });

  it('sees how every attempt ended', async () => {
    receiver.answers = [status(500), status(200)];
    const outcomes: string[] = [];
    const gate: DeliveryGate = {
      execute: async (work) => {
        const running = work(new AbortController().signal);
        await running.then(
          () => outcomes.push('success'),
          (error) => outcomes.push(error.message),
        );
        return running;
      },
    };
    const handler = webhook({ gate });
    handler.handle(event('a'));
    await handler.flush();
    expect(outcomes).toEqual(['answered 500', 'success']);
  });

  it('may end an attempt before its deadline', async () => {
    receiver.answers = [silence];
    const stop = new AbortController();
    const handler = webhook({ maxAttempts: 1, gate: { execute: (work) => work(stop.signal) } });
    handler.handle(event('a'));
    await receiver.until(() => receiver.requests.length === 1);
    stop.abort(new Error('took too long'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ failed: 1, lastFailure: 'took too long' });
    await receiver.until(() => receiver.closedSockets.size === 1);
  });

  it('finds its signal without listeners after every attempt', async () => {
    receiver.answers = [status(500), status(200)];
    const { signal } = new AbortController();
    const handler = webhook({ gate: { execute: (work) => work(signal) } });
    handler.handle(event('a'));
    await handler.flush();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that lets nobody in meets the deadline, and work it lets in later is not done', async () => {
    const late: (() => Promise<unknown>)[] = [];
    const gate: DeliveryGate = {
      execute: (work) => {
        late.push(() => work(new AbortController().signal));
        return new Promise(() => {});
      },
    };
    const handler = webhook({ gate, deadlineMs: 10, maxAttempts: 1 });
    handler.handle(event('a'));
    await handler.flush();
    expect(handler.snapshot()).toMatchObject({ failed: 1, lastFailure: 'no answer within 10 ms' });
    await expect(late[0]!()).rejects.toThrow('no answer within 10 ms');
    expect(receiver.requests).toEqual([]);
  });
});
