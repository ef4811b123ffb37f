import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type ModelAnswer, tokensOf } from './model-reply.ts';

/** What an answer is known by. */
export interface ModelAnswerName {
  /** Unlike that of any other answer; calls of tools are named after it. */
  readonly id: string;
  readonly model: string;
}

/**
 * Streams an answer as server-sent events of the OpenAI chat completions: one event per token, no faster than the client reads. Returns when all is
 * sent, the answer hangs, or `gone` aborts; never rejects.
 */
export async function sendModelAnswer(
  response: ServerResponse,
  { id, model }: ModelAnswerName,
  answer: ModelAnswer,
  gone: AbortSignal,
): Promise<void> {
  if (answer.hangsBefore === 'headers') return;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (answer.hangsBefore === 'first-token') return;
  try {
    if (answer.firstTokenMs !== undefined) await delay(answer.firstTokenMs, undefined, { signal: gone });
    const deltas = deltasOf(id, answer);
    const chunk = (choice: object): object => ({
      id,
      object: 'chat.completion.chunk',
      created: 0,
      model,
      choices: [{ index: 0, finish_reason: null, ...choice }],
    });
    const startMs = performance.now();
    for (const [index, delta] of deltas.entries()) {
      const earlyMs = startMs + index * (answer.msPerToken ?? 0) - performance.now();
      if (earlyMs > 0) await delay(earlyMs, undefined, { signal: gone });
      await send(response, chunk({ delta: index === 0 ? { role: 'assistant', ...delta } : delta }), gone);
    }
    if (answer.hangsBefore === 'end') return;
    if (answer.breaksOff === true) {
      response.destroy();
      return;
    }
    const hasCalls = answer.toolCalls !== undefined;
    const finishReason = answer.finishReason ?? (hasCalls ? 'tool_calls' : 'stop');
    await send(response, chunk({ delta: {}, finish_reason: finishReason }), gone);
    const usage = { prompt_tokens: 10, completion_tokens: deltas.length, total_tokens: 10 + deltas.length };
    await send(response, { ...chunk({}), choices: [], usage }, gone);
    response.end('data: [DONE]\n\n');
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

function deltasOf(id: string, { thinking = '', text = '', toolCalls = [] }: ModelAnswer): Record<string, unknown>[] {
  return [
    ...tokensOf(thinking).map((token) => ({ reasoning_content: token })),
    ...tokensOf(text).map((token) => ({ content: token })),
    ...toolCalls.flatMap((call, index) => [
      {
        tool_calls: [
          { index, id: `call-${id}-${index}`, type: 'function', function: { name: call.name, arguments: '' } },
        ],
      },
      { tool_calls: [{ index, function: { arguments: JSON.stringify(call.arguments) } }] },
    ]),
  ];
}

async function send(response: ServerResponse, event: object, gone: AbortSignal): Promise<void> {
  if (response.write(`data: ${JSON.stringify(event)}\n\n`)) return;
  await once(response, 'drain', { signal: gone });
}
