/**
 * The order in which commands run: data commands of one session one at a time, in the order they came; control commands
 * at once, whatever is queued. A session's lane exists only while something is in it.
 */
export class CommandLanes {
  readonly #lanes = new Map<string, Promise<unknown>>();

  /** Runs `work` behind everything that was queued in the lane before: at once, in this turn, if that is nothing. */
  enqueue<T>(laneKey: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lanes.get(laneKey);
    const done = before === undefined ? work() : before.then(work, work);
    this.#lanes.set(laneKey, done);
    const leave = (): void => {
      if (this.#lanes.get(laneKey) === done) this.#lanes.delete(laneKey);
    };
    done.then(leave, leave);
    return done;
  }
}
