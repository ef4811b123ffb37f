import type { DialogMethod } from '@sessiond/protocol';

/** What a message tells the fake agent to do. */
export type FakeStep =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'stream'; readonly tokens: number; readonly msPerToken: number }
  | { readonly kind: 'think'; readonly tokens: number }
  | { readonly kind: 'bash'; readonly command: string }
  | { readonly kind: 'dialog'; readonly method: DialogMethod }
  | { readonly kind: 'fail'; readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'hang' | 'stubborn' | 'crash' | 'queue' };

/** A word that the fake agent knows, for people. */
export interface FakeWord {
  readonly name: string;
  readonly description: string;
}

/** Every word that a message can begin with. */
export const FAKE_WORDS: readonly FakeWord[] = Object.freeze([
  { name: 'echo', description: '<text>: says it' },
  { name: 'stream', description: '<n> [msPerToken]: says n tokens of 4 characters' },
  { name: 'think', description: '<n>: thinks n tokens, then answers' },
  { name: 'bash', description: '<line>: runs a line of shell and says how it ended' },
  { name: 'dialog', description: 'select|confirm|input|editor: asks a person and says the answer' },
  { name: 'hang', description: 'does nothing until it is aborted' },
  { name: 'stubborn', description: 'does nothing, and ignores that it is aborted' },
  { name: 'fail', description: '<status> [retryAfterMs]: the provider fails; 0 cannot be reached' },
  { name: 'slow', description: '<ms>: answers after so long' },
  { name: 'crash', description: 'its process ends in the middle' },
  { name: 'queue', description: 'works until it is steered, and says what it was told' },
]);

/** More tokens than one message has. */
const MAX_TOKENS = 1_000_000;
/** A day; longer than any turn. */
const MAX_WAIT_MS = 86_400_000;

const DIALOGS: ReadonlySet<string> = new Set<DialogMethod>(['select', 'confirm', 'input', 'editor']);

/** What a message asks for; anything else than the {@link FAKE_WORDS} is repeated. */
export function fakeStep(message: string): FakeStep {
  const [word = '', ...rest] = message.trim().split(/\s+/);
  const text = message.trim().slice(word.length).trim();
  const [first, second] = rest;
  switch (word) {
    case 'echo':
      return { kind: 'say', text };
    case 'stream':
      return { kind: 'stream', tokens: amount(first, 10, MAX_TOKENS), msPerToken: amount(second, 0, MAX_WAIT_MS) };
    case 'think':
      return { kind: 'think', tokens: amount(first, 10, MAX_TOKENS) };
    case 'bash':
      return { kind: 'bash', command: text };
    case 'fail':
      return {
        kind: 'fail',
        status: amount(first, 500, 599),
        retryAfterMs: second === undefined ? undefined : amount(second, 0, MAX_WAIT_MS),
      };
    case 'slow':
      return { kind: 'slow', delayMs: amount(first, 1000, MAX_WAIT_MS) };
    case 'hang':
    case 'stubborn':
    case 'crash':
    case 'queue':
      return { kind: word };
  }
  if (word === 'dialog' && DIALOGS.has(first ?? '')) return { kind: 'dialog', method: first as DialogMethod };
  return { kind: 'say', text: `You said: ${message}` };
}

/** Token number `index` of a stream: 4 characters that show whether one is missing. */
export function fakeToken(index: number): string {
  return `${String(index % 1000).padStart(3, '0')} `;
}

function amount(word: string | undefined, fallback: number, max: number): number {
  const value = Number.parseInt(word ?? '', 10);
  return Number.isNaN(value) ? fallback : Math.min(Math.max(value, 0), max);
}
