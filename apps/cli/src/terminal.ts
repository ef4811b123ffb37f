import { spawnSync } from 'node:child_process';
import type { Context } from './context.ts';
import { ScreenOutput } from './screen-output.ts';

/** The size of the window; 80 by 24 when the terminal does not say. */
export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
}

/** Size of the window behind stdout. */
export function windowSize({ screen }: Pick<Context, 'screen'>): WindowSize {
  return { cols: screen.columns || 80, rows: screen.rows || 24 };
}

/**
 * The caller's terminal while it shows a session: raw input, and on every way out everything as it was.
 *
 * Restores when told to, and by itself when the process ends without that, by an exception or `process.exit`: modes of
 * the line discipline, and whatever the session's program switched on and left on.
 */
export class Terminal {
  readonly screen: ScreenOutput = new ScreenOutput();
  readonly #context: Context;
  #stopWatching: (() => void) | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes the terminal raw: every key goes to the session, also Ctrl-C, and output is shown as it is. */
  enter(): void {
    const { stdin, notices } = this.#context;
    this.#stopWatching = this.#context.onProcessEnd(() => this.restore());
    notices.raw = true;
    stdin.setRawMode(true);
    // Node leaves the translation of line feeds on, which moves the cursor of every program that draws with bare ones.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    stdin.resume();
  }

  /** Hears new sizes of the window. Returns the end of that. */
  onResize(listener: (size: WindowSize) => void): () => void {
    const { screen } = this.#context;
    const heard = () => listener(windowSize(this.#context));
    screen.on('resize', heard);
    return () => screen.off('resize', heard);
  }

  /** Idempotent; never throws, because a terminal that hung up cannot be restored. */
  restore(): void {
    if (this.#stopWatching === undefined) return;
    this.#stopWatching();
    this.#stopWatching = undefined;
    const { stdin, screen, notices } = this.#context;
    notices.raw = false;
    try {
      screen.write(this.screen.restoring());
      stdin.setRawMode(false);
      stdin.pause();
    } catch {
      // The terminal is gone.
    }
  }
}
