/** A prompt of this chat that has no answer yet. */
interface OwnTurn {
  readonly message: string;
  hasBegun: boolean;
}

/** The prompts of one chat that have no answer yet, in the order in which they were given: as many as the client may have requests. */
export class OwnTurns {
  readonly #turns = new Map<string, OwnTurn>();

  get size(): number {
    return this.#turns.size;
  }

  /** What the agent is to do when it is done with what it works on. */
  get waiting(): readonly string[] {
    return [...this.#turns.values()].filter(({ hasBegun }) => !hasBegun).map(({ message }) => message);
  }

  add(commandId: string, message: string): void {
    this.#turns.set(commandId, { message, hasBegun: false });
  }

  /** The agent has taken it up. */
  begin(commandId: string | undefined): void {
    const turn = commandId === undefined ? undefined : this.#turns.get(commandId);
    if (turn !== undefined) turn.hasBegun = true;
  }

  /** It has its answer. Returns whether it had begun. */
  end(commandId: string): boolean {
    const hasBegun = this.#turns.get(commandId)?.hasBegun === true;
    this.#turns.delete(commandId);
    return hasBegun;
  }
}
