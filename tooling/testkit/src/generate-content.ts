import type { ModelApi } from './model-api.ts';
import { type ModelAnswer, tokensOf } from './model-reply.ts';

/** One part of a message: what it is shows by the field that is there. */
interface Part {
  readonly text?: string;
  readonly inlineData?: unknown;
  readonly functionResponse?: { readonly response?: { readonly output?: unknown } };
}

interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

interface Tools {
  readonly functionDeclarations?: readonly { readonly name?: string }[];
}

const ADDRESS = /\/models\/([^/:]+):streamGenerateContent\?alt=sse$/;

/** The streaming Gemini API: `POST …/models/<model>:streamGenerateContent?alt=sse`. What it counts or answers in one piece is not served. */
export const GENERATE_CONTENT: ModelApi = {
  serves: (address) => ADDRESS.test(address),

  read(address, body) {
    const contents = listOf<Content>(body['contents']);
    // Tools answer in the name of a person.
    const lastOfPerson = contents.findLastIndex(
      ({ role, parts }) => role === 'user' && !listOf<Part>(parts).some(({ functionResponse }) => functionResponse),
    );
    const said = listOf<Part>(contents[lastOfPerson]?.parts);
    return {
      model: ADDRESS.exec(address)?.[1] ?? '',
      // What stands before it, the agent says of itself.
      prompt: said.findLast(({ text }) => text !== undefined)?.text?.trim() ?? '',
      images: said.filter(({ inlineData }) => inlineData !== undefined).length,
      toolResults: contents
        .slice(lastOfPerson + 1)
        .flatMap(({ parts }) => listOf<Part>(parts))
        .filter(({ functionResponse }) => functionResponse !== undefined)
        .map(({ functionResponse }) => String(functionResponse?.response?.output ?? '')),
      tools: listOf<Tools>(body['tools'])
        .flatMap(({ functionDeclarations }) => listOf<{ name?: string }>(functionDeclarations))
        .map(({ name = '' }) => name),
    };
  },

  events({ id, model }, answer) {
    const event = (candidate: object, more: object = {}): string =>
      JSON.stringify({ candidates: [{ index: 0, ...candidate }], modelVersion: model, responseId: id, ...more });
    const content = (parts: readonly object[]): object => ({ content: { role: 'model', parts } });
    const tokens = partsOf(answer).map((part) => event(content([part])));
    const usage = { promptTokenCount: 10, candidatesTokenCount: tokens.length, totalTokenCount: 10 + tokens.length };
    const finishReason = answer.finishReason === 'length' ? 'MAX_TOKENS' : 'STOP';
    return { tokens, end: [event({ ...content([{ text: '' }]), finishReason }, { usageMetadata: usage })] };
  },
};

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function partsOf({ thinking = '', text = '', toolCalls = [] }: ModelAnswer): object[] {
  return [
    ...tokensOf(thinking).map((token) => ({ text: token, thought: true })),
    ...tokensOf(text).map((token) => ({ text: token })),
    ...toolCalls.map((call) => ({ functionCall: { name: call.name, args: call.arguments } })),
  ];
}
