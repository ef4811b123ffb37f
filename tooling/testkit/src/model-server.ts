import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHAT_COMPLETIONS } from './chat-completions.ts';
import { GENERATE_CONTENT } from './generate-content.ts';
import type { ModelApi } from './model-api.ts';
import { isModelFailure, type ModelReply } from './model-reply.ts';
import type { ModelRequest, ModelRequestEnd } from './model-request.ts';
import { scriptedReply } from './scripted-reply.ts';
import { sendModelAnswer } from './send-model-answer.ts';

/** The largest request that is read; what is longer is answered with 413. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** How many requests are remembered; older ones are forgotten. */
const MAX_REQUESTS = 1_000;

/** The kinds of providers that it is. */
const APIS: readonly ModelApi[] = [CHAT_COMPLETIONS, GENERATE_CONTENT];

/** How the model server decides. */
export interface ModelServerOptions {
  /** Called with each request; what it returns is sent, without a result {@link scriptedReply} decides. */
  readonly onRequest?: (request: ModelRequest) => ModelReply | undefined;
}

/** A provider of models on the loopback interface. */
export interface ModelServer {
  /** What an agent is told as the address of the provider: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string;
  /** What an agent is told that speaks the Gemini API, and puts the version into the path itself: `http://127.0.0.1:<port>`. */
  readonly geminiUrl: string;
  /** The last 1,000 requests, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** Decides about the next requests, one reply each, before anything else does. */
  replyNext(...replies: readonly ModelReply[]): void;
  /** The `index`-th request since the start, as soon as it is there; 0 is the first. */
  request(index: number): Promise<ModelRequest>;
  /** Ends every connection and stops listening. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server that speaks the streaming chat completions of OpenAI and the streaming Gemini API without a model behind: real agents talk to
 * it over real HTTP, and a test decides what they hear and sees what they sent, and when they hung up.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const decided: ModelReply[] = [];
  const waiting: { readonly index: number; readonly resolve: (request: ModelRequest) => void }[] = [];
  let forgotten = 0;
  let answers = 0;

  const record = (request: ModelRequest): void => {
    const index = forgotten + requests.push(request) - 1;
    if (requests.length > MAX_REQUESTS) {
      requests.shift();
      forgotten += 1;
    }
    for (const waiter of waiting.splice(0)) {
      if (waiter.index === index) waiter.resolve(request);
      else waiting.push(waiter);
    }
  };

  const server = createServer(async (incoming, response) => {
    const gone = new AbortController();
    const closed = new Promise<ModelRequestEnd>((resolve) => {
      response.once('close', () => {
        gone.abort();
        resolve(response.writableFinished ? 'answered' : 'abandoned');
      });
    });
    const address = incoming.url ?? '';
    const api = APIS.find((each) => each.serves(address));
    if (incoming.method !== 'POST' || api === undefined) {
      sendError(response, 404, 'only streamed answers of a model are served');
      return;
    }
    const text = await readBody(incoming);
    if (text === undefined) {
      sendError(response, 413, `the request is longer than ${MAX_BODY_BYTES} bytes`);
      return;
    }
    const body = parseObject(text);
    if (body === undefined) {
      sendError(response, 400, 'the request is no JSON object');
      return;
    }
    const question = api.read(address, body);
    if (typeof question === 'string') {
      sendError(response, 400, question);
      return;
    }
    const request = { ...question, receivedMs: performance.now(), body, closed };
    record(request);
    const reply = decided.shift() ?? options.onRequest?.(request) ?? scriptedReply(request);
    if (isModelFailure(reply)) {
      sendError(response, reply.status, reply.message ?? 'the model server was told to fail', reply.retryAfterSeconds);
    } else {
      const events = api.events({ id: `answer-${answers++}`, model: request.model }, reply);
      await sendModelAnswer(response, reply, events, gone.signal);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    geminiUrl: `http://127.0.0.1:${port}`,
    requests,
    replyNext: (...replies) => {
      decided.push(...replies);
    },
    request: (index) => {
      const request = requests[index - forgotten];
      if (request !== undefined) return Promise.resolve(request);
      return new Promise((resolve) => {
        waiting.push({ index, resolve });
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The body as text; undefined when it is too long, or the client went away before it was whole. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString();
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function sendError(response: ServerResponse, status: number, message: string, retryAfterSeconds?: number): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify({ error: { message, type: 'test', code: status } }));
}
