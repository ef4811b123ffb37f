/** Something that was handed out and comes back once. */
export class Held {
  readonly ok = true;
  #giveBack: (() => void) | undefined;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  /** Gives it back. `true` the first time, then `false`, and nothing changes. */
  release(): boolean {
    const giveBack = this.#giveBack;
    if (giveBack === undefined) return false;
    this.#giveBack = undefined;
    giveBack();
    return true;
  }
}
