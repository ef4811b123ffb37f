/** Talks to a program as somebody at a terminal would: waits for what it asks, then answers. */
import { childEnvironment, type Pty, PtyManager } from '@sessiond/pty-core';

class Dialogue {
  readonly #pty: Pty;
  readonly #output: ReturnType<Pty['output']['chunks']>;
  #heard = '';

  constructor(pty: Pty, deadlineMs: number) {
    this.#pty = pty;
    this.#output = pty.output.chunks('start', { signal: AbortSignal.timeout(deadlineMs) });
  }

  /** Listens until something is said, and forgets what was said up to there. */
  async expect(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#heard);
      if (match !== null) {
        this.#heard = this.#heard.slice(match.index + match[0].length);
        return match;
      }
      const { value: chunk, done } = await this.#output.next();
      if (done === true) throw new Error(`the program ended without saying ${pattern}`);
      if (chunk.kind === 'bytes') this.#heard += Buffer.from(chunk.bytes).toString();
    }
  }

  answer(line: string): void {
    this.#pty.write(Buffer.from(`${line}\n`));
  }
}

const script = `
  printf 'name? '; read -r name
  stty -echo; printf 'password? '; read -r password; stty echo; echo
  echo "welcome $name, your password has \${#password} letters"
`;
const pty = new PtyManager().spawn({ command: 'sh', args: ['-c', script], env: childEnvironment(process.env) });
const dialogue = new Dialogue(pty, 10_000);
await dialogue.expect(/name\? $/);
dialogue.answer('Ada');
await dialogue.expect(/password\? $/);
dialogue.answer('secret');
const [welcome] = await dialogue.expect(/welcome .* letters/);
console.log(welcome);
