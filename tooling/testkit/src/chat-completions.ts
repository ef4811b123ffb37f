import type { ModelApi } from './model-api.ts';
import { type ModelAnswer, tokensOf } from './model-reply.ts';

interface ChatMessage {
  readonly role?: string;
  readonly content?: unknown;
}

/** The streaming chat completions of OpenAI: `POST …/chat/completions`. */
export const CHAT_COMPLETIONS: ModelApi = {
  serves: (address) => address.endsWith('/chat/completions'),

  read(_address, body) {
    if (body['stream'] !== true) return 'only streams are served';
    const messages = (Array.isArray(body['messages']) ? body['messages'] : []) as readonly ChatMessage[];
    const lastOfPerson = messages.findLastIndex(({ role }) => role === 'user');
    const content = messages[lastOfPerson]?.content;
    const tools = (Array.isArray(body['tools']) ? body['tools'] : []) as readonly { function?: { name?: string } }[];
    return {
      model: String(body['model'] ?? ''),
      prompt: textOf(content),
      images: parts(content).filter(({ type }) => type === 'image_url').length,
      toolResults: messages
        .slice(lastOfPerson + 1)
        .filter(({ role }) => role === 'tool')
        .map((message) => textOf(message.content)),
      tools: tools.map((tool) => tool.function?.name ?? ''),
    };
  },

  events({ id, model }, answer) {
    const chunk = (choice: object): object => ({
      id,
      object: 'chat.completion.chunk',
      created: 0,
      model,
      choices: [{ index: 0, finish_reason: null, ...choice }],
    });
    const deltas = deltasOf(id, answer);
    const tokens = deltas.map((delta, index) =>
      JSON.stringify(chunk({ delta: index === 0 ? { role: 'assistant', ...delta } : delta })),
    );
    const finishReason = answer.finishReason ?? (answer.toolCalls === undefined ? 'stop' : 'tool_calls');
    const usage = { prompt_tokens: 10, completion_tokens: deltas.length, total_tokens: 10 + deltas.length };
    const last = [chunk({ delta: {}, finish_reason: finishReason }), { ...chunk({}), choices: [], usage }];
    return { tokens, end: [...last.map((event) => JSON.stringify(event)), '[DONE]'] };
  },
};

function parts(content: unknown): readonly { readonly type?: string; readonly text?: string }[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content : [];
}

function textOf(content: unknown): string {
  return parts(content)
    .map(({ type, text }) => (type === 'text' ? (text ?? '') : ''))
    .join('\n')
    .trim();
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
