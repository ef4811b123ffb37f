import { UsageError } from './errors.ts';

/** What is pressed to detach when nobody says otherwise. */
export const DEFAULT_DETACH_KEYS = 'ctrl-],d';

const MAX_KEYS = 16;

/**
 * Reads a sequence such as `ctrl-],d`: keys separated by commas, each one character or `ctrl-` with a letter or one of `@[\]^_`.
 *
 * @returns the bytes; none for an empty text, which turns detaching by keys off.
 * @throws UsageError naming the key that is none.
 */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === '') return new Uint8Array();
  const keys = text.split(',');
  if (keys.length > MAX_KEYS)
    throw new UsageError(`Cannot use detach keys: ${keys.length} are given, the most is ${MAX_KEYS}`);
  return Uint8Array.from(keys, parseKey);
}

function parseKey(key: string): number {
  const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
  throw new UsageError('Cannot use detach keys: each must be one character or ctrl- with a letter or one of @[\\]^_');
}

/** What to do with typed bytes. */
export interface Typed {
  /** Bytes for the session; what might become the sequence is held back until the next key. */
  readonly forward: Uint8Array;
  /** The sequence was completed; what was typed after it is dropped. */
  readonly detached: boolean;
}

/**
 * Finds the detach sequence in typed bytes, whichever way they are cut into pieces.
 *
 * A key that breaks the sequence off releases what was held back, so that every key can still be typed.
 */
export class DetachKeys {
  readonly #sequence: Uint8Array;
  #matched = 0;

  constructor(sequence: Uint8Array) {
    this.#sequence = sequence;
  }

  push(typed: Uint8Array): Typed {
    const sequence = this.#sequence;
    if (sequence.length === 0) return { forward: typed, detached: false };
    const forward: number[] = [];
    for (const byte of typed) {
      this.#step(byte, forward);
      if (this.#matched === sequence.length) {
        this.#matched = 0;
        return { forward: Uint8Array.from(forward), detached: true };
      }
    }
    return { forward: Uint8Array.from(forward), detached: false };
  }

  /** Holds `byte` back if it continues the sequence; otherwise releases held bytes until the rest is a beginning again. */
  #step(byte: number, forward: number[]): void {
    const sequence = this.#sequence;
    const held = [...sequence.subarray(0, this.#matched), byte];
    while (held.length > 0 && !held.every((one, at) => one === sequence[at])) forward.push(held.shift()!);
    this.#matched = held.length;
  }
}
