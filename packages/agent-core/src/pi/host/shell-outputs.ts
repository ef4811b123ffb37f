/** Who gets the output of which line of shell, while it runs: as many as run. */
export class ShellOutputs {
  readonly #takers = new Map<number, (data: Buffer) => void>();
  #next = 0;

  /** @returns what names the output. */
  add(taker: (data: Buffer) => void): number {
    const shell = this.#next++;
    this.#takers.set(shell, taker);
    return shell;
  }

  /** Hands on more output; of a line that has ended it is dropped. */
  take(shell: number, data: Buffer): void {
    this.#takers.get(shell)?.(data);
  }

  remove(shell: number): void {
    this.#takers.delete(shell);
  }
}
