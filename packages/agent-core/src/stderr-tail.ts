import { hideSecrets, secretsIn } from './hide-secrets.ts';

/**
 * Remembers the end of what a process says on its stderr, for the message of an error.
 *
 * Memory: twice `maxLength` characters.
 */
export class StderrTail {
  readonly #maxLength: number;
  readonly #secrets: readonly string[];
  #text = '';

  /** Keeps `maxLength` characters, and does not repeat the values of variables in `env` whose names speak of secrets. */
  constructor(maxLength: number, env: Readonly<Record<string, string>>) {
    this.#maxLength = maxLength;
    this.#secrets = secretsIn(env);
  }

  /** Adds to the end. */
  add(text: string): void {
    this.#text += text;
    // One more than is kept says that something is missing.
    if (this.#text.length > 2 * this.#maxLength) this.#text = this.#text.slice(-this.#maxLength - 1);
  }

  /**
   * The last line that says something, or of those that match, at most 300 characters, without control characters and what looks like a secret; `''` if there is none.
   */
  lastLine(matching: RegExp = /./): string {
    const lines = this.#text.slice(-this.#maxLength).split('\n');
    // Half of a secret would not be known for one.
    if (this.#text.length > this.#maxLength) lines.shift();
    for (const line of lines.reverse()) {
      const words = this.#clean(line);
      if (words !== '' && matching.test(words)) return words.slice(0, 300);
    }
    return '';
  }

  #clean(line: string): string {
    return (
      hideSecrets(line, this.#secrets)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal are what is taken out.
        .replaceAll(/\u001b\[[0-9;]*[A-Za-z]|\p{Cc}/gu, '')
        .trim()
    );
  }
}
