/** A clock that a test sets, forwards and backwards, and that knows what was read from it. */
export class TestClock {
  /** What it shows. */
  time = 0;
  /** The latest time that was read. */
  seen: number = Number.NEGATIVE_INFINITY;
  reads = 0;

  readonly now = (): number => {
    this.reads++;
    this.seen = Math.max(this.seen, this.time);
    return this.time;
  };

  move(ms: number): void {
    this.time += ms;
  }
}
