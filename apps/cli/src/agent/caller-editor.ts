import type { Context } from '../context.ts';
import type { ChatLine } from './chat-line.ts';
import type { ChatScreen } from './chat-screen.ts';
import { editText } from './text-program.ts';

/** What the caller's editor gets. */
export interface CallerEditorParts {
  readonly env: Context['env'];
  /** Whose signals it has while it works. */
  readonly interruption: Pick<Context['interruption'], 'take'>;
  readonly screen: Pick<ChatScreen, 'lend'>;
  readonly line: ChatLine;
}

/** The caller's own editor, which gets the terminal and what is typed in a chat; one at a time. */
export class CallerEditor {
  readonly #parts: CallerEditorParts;
  #isAtWork = false;

  constructor(parts: CallerEditorParts) {
    this.#parts = parts;
  }

  /** Has the line edited. Resolves when the terminal is back: with why the line is as it was, if something is in the way. */
  async edit(): Promise<string | undefined> {
    if (this.#isAtWork) return undefined;
    this.#isAtWork = true;
    const { line } = this.#parts;
    const { asked } = line;
    let edited: string | undefined;
    try {
      edited = await this.#onTerminal(line.editor.text);
    } finally {
      this.#isAtWork = false;
    }
    if (edited === undefined) return 'there is no editor in VISUAL or EDITOR, or it failed';
    if (line.asked?.requestId !== asked?.requestId) {
      return 'what was edited is left out: the agent asks something else now';
    }
    line.editor.set(edited);
    line.touch();
    return undefined;
  }

  async #onTerminal(text: string): Promise<string | undefined> {
    const { env, interruption, screen } = this.#parts;
    // Keys that are signals in a usual terminal are for the editor.
    const giveBack = interruption.take((signal) => signal === 'SIGINT' || signal === 'SIGQUIT');
    let edited: string | undefined;
    try {
      await screen.lend(async () => {
        edited = await editText(text, env);
      });
    } finally {
      giveBack();
    }
    return edited;
  }
}
