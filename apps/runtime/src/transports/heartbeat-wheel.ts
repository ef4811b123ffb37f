/** What the wheel needs of one connection. */
export interface HeartbeatMember {
  /** Bytes received so far; any new one is a sign of life. */
  readonly bytesReceived: number;
  /** Bytes that wait to be sent. While there are some, a ping would only stand behind them. */
  readonly bufferedBytes: number;
  /** Whether we do not read at the moment: then no answer can be seen, and its lack means nothing. */
  readonly readingPaused: boolean;
  /** How often reading has gone on after a pause: an answer may have come meanwhile and still lie in the kernel. */
  readonly readingResumed: number;
  ping(): void;
  /** Ends a connection that gave no sign of life in time. */
  expire(): void;
}

/** Times of a heartbeat. */
export interface HeartbeatOptions {
  /** Time between two pings on one connection. */
  readonly heartbeatMs: number;
  /** Time a client has to react to one; not more than `heartbeatMs`. */
  readonly heartbeatTimeoutMs: number;
}

/** Enough that a thousand connections are pinged by sixteen; few enough that an idle wheel costs nothing. */
const SLOTS = 64;

interface Seat {
  readonly member: HeartbeatMember;
  /** `bytesReceived` when the ping left; `null` while no answer is due. */
  receivedAtPing: number | null;
  /** `readingResumed` at that moment. */
  resumedAtPing: number;
}

/**
 * Pings every connection once per turn, a slot at a time, from one timer.
 *
 * Thousands of pings at once would block the event loop for as long as a typist notices. Whatever a client sends after the ping
 * counts as its answer. A client whose bytes are stuck is slow, not lost, and is left alone: TCP notices the difference by itself. One that
 * we do not read is pinged but not judged: its ping gives TCP something to notice the difference by, without which a client that is gone would stay
 * for as long as the pause.
 * The timer runs only while there are members and does not keep the process alive.
 */
export class HeartbeatWheel {
  readonly #tickMs: number;
  readonly #ticksToAnswer: number;
  readonly #slots: Set<Seat>[] = Array.from({ length: SLOTS }, () => new Set());
  #members = 0;
  #hand = 0;
  #nextSlot = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor({ heartbeatMs, heartbeatTimeoutMs }: HeartbeatOptions) {
    this.#tickMs = heartbeatMs / SLOTS;
    this.#ticksToAnswer = Math.min(SLOTS - 1, Math.max(1, Math.ceil(heartbeatTimeoutMs / this.#tickMs)));
  }

  /** Takes a connection in; the function returned takes it out, once or more often. */
  add(member: HeartbeatMember): () => void {
    const seat: Seat = { member, receivedAtPing: null, resumedAtPing: 0 };
    // Handed out in turn, so that connections that came together do not stay together.
    const slot = this.#slots[this.#nextSlot]!;
    this.#nextSlot = (this.#nextSlot + 1) % SLOTS;
    slot.add(seat);
    this.#members += 1;
    this.#timer ??= setInterval(() => this.tick(), this.#tickMs).unref();
    return () => {
      if (!slot.delete(seat)) return;
      this.#members -= 1;
      if (this.#members === 0) this.#stop();
    };
  }

  /** Moves the hand by one slot; the timer's job, and that of tests. */
  tick(): void {
    this.#hand = (this.#hand + 1) % SLOTS;
    for (const seat of this.#slots[(this.#hand - this.#ticksToAnswer + SLOTS) % SLOTS]!) judge(seat);
    for (const seat of this.#slots[this.#hand]!) ping(seat);
  }

  /** Members and the times that follow from the options. */
  snapshot(): { members: number; tickMs: number; answerMs: number } {
    return { members: this.#members, tickMs: this.#tickMs, answerMs: this.#ticksToAnswer * this.#tickMs };
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

function ping(seat: Seat): void {
  if (seat.member.bufferedBytes > 0) return;
  seat.receivedAtPing = seat.member.bytesReceived;
  seat.resumedAtPing = seat.member.readingResumed;
  seat.member.ping();
}

function judge(seat: Seat): void {
  const { member, receivedAtPing, resumedAtPing } = seat;
  seat.receivedAtPing = null;
  if (receivedAtPing === null || member.bytesReceived !== receivedAtPing) return;
  if (member.bufferedBytes > 0 || member.readingPaused || member.readingResumed !== resumedAtPing) return;
  member.expire();
}
