import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelAnswerEvents } from './model-api.ts';
import type { ModelAnswer } from './model-reply.ts';

/**
 * Streams an answer as server-sent events, at the pace that it names and no faster than the client reads. Returns when all is sent, the answer
 * hangs, or `gone` aborts; never rejects.
 */
export async function sendModelAnswer(
  response: ServerResponse,
  answer: ModelAnswer,
  { tokens, end }: ModelAnswerEvents,
  gone: AbortSignal,
): Promise<void> {
  if (answer.hangsBefore === 'headers') return;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (answer.hangsBefore === 'first-token') return;
  try {
    if (answer.firstTokenMs !== undefined) await delay(answer.firstTokenMs, undefined, { signal: gone });
    const startMs = performance.now();
    for (const [index, token] of tokens.entries()) {
      const earlyMs = startMs + index * (answer.msPerToken ?? 0) - performance.now();
      if (earlyMs > 0) await delay(earlyMs, undefined, { signal: gone });
      await send(response, token, gone);
    }
    if (answer.hangsBefore === 'end') return;
    if (answer.breaksOff === true) {
      response.destroy();
      return;
    }
    for (const event of end) await send(response, event, gone);
    response.end();
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

async function send(response: ServerResponse, data: string, gone: AbortSignal): Promise<void> {
  if (response.write(`data: ${data}\n\n`)) return;
  await once(response, 'drain', { signal: gone });
}
