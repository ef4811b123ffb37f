import type { Clock } from './clock.ts';
import { settledWithin } from './settled-within.ts';
import type { SignalName } from './signals.ts';

/** One step of ending a child: `atMs` after the beginning the signals go out, unless everything has ended before. */
export interface TerminationStep {
  readonly atMs: number;
  readonly signals: readonly SignalName[];
}

const HANGUP_AFTER_MS = 250;

/**
 * How a child is ended within a grace period: SIGTERM first; SIGHUP and SIGCONT soon after, because interactive shells
 * ignore SIGTERM and stopped jobs receive nothing; SIGKILL when the grace is over. No grace means SIGKILL at once.
 */
export function terminationPlan(gracePeriodMs: number): readonly TerminationStep[] {
  const kill: TerminationStep = { atMs: gracePeriodMs, signals: ['SIGKILL'] };
  if (gracePeriodMs === 0) return [kill];
  return [
    { atMs: 0, signals: ['SIGTERM'] },
    { atMs: Math.min(HANGUP_AFTER_MS, gracePeriodMs / 2), signals: ['SIGHUP', 'SIGCONT'] },
    kill,
  ];
}

/** When the patience with a session is over. It can come closer, never go away again. */
export class Grace {
  readonly gracePeriodMs: number;
  readonly #clock: Clock;
  #endsAt: number;
  #shortened!: Promise<void>;
  #tell!: () => void;

  constructor(gracePeriodMs: number, clock: Clock) {
    this.gracePeriodMs = gracePeriodMs;
    this.#clock = clock;
    this.#endsAt = clock.now() + gracePeriodMs;
    this.#renew();
  }

  get endsAt(): number {
    return this.#endsAt;
  }

  /** Resolves when the end has come closer than it is now. */
  get shortened(): Promise<void> {
    return this.#shortened;
  }

  /** Lets the patience end this far from now, unless it ends sooner anyway. */
  shorten(gracePeriodMs: number): void {
    const endsAt = this.#clock.now() + gracePeriodMs;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    const tell = this.#tell;
    this.#renew();
    tell();
  }

  #renew(): void {
    this.#shortened = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }
}

/** Processes that are ended together. */
export interface EndableSession {
  /** Whether the one whose end is told by `leaderExited` has ended, so that only looking tells about the others. */
  readonly leaderKnownGone: boolean;
  /** Whether nobody is left. */
  isEmpty(): boolean;
  /** Signals everybody. @returns whether anybody received it. */
  signalAll(signal: SignalName): boolean;
}

/** What ending a session needs besides the session itself. */
export interface SessionEnd {
  readonly grace: Grace;
  /** Resolves when the leader was reaped. */
  readonly leaderExited: Promise<unknown>;
  readonly clock: Clock;
  /** Told of every signal of the plan, and whether anybody received it. */
  readonly onSignal: (signal: SignalName, delivered: boolean) => void;
}

/** How soon a session is looked at for processes that outlive their leader, and how seldom at last: a look costs milliseconds. */
const MEMBER_CHECK_MS = 25;
const LAST_MEMBER_CHECK_MS = 250;
/** How long after SIGKILL a session is still looked after: one of its processes may have forked at that moment. */
const SWEEP_MS = 1_000;

/** Carries out the {@link terminationPlan} until no process of the session is left, or a second after the last signal. */
export async function endSession(session: EndableSession, options: SessionEnd): Promise<void> {
  const { grace, clock, onSignal } = options;
  const begun = clock.now();
  for (const { atMs, signals } of terminationPlan(grace.gracePeriodMs)) {
    if (await emptyBefore(() => Math.min(begun + atMs, grace.endsAt), session, options)) return;
    for (const signal of signals) {
      const delivered = session.signalAll(signal);
      if (delivered || !session.isEmpty()) onSignal(signal, delivered);
    }
  }
  const deadline = clock.now() + SWEEP_MS;
  while (clock.now() < deadline) {
    const nextLook = clock.now() + MEMBER_CHECK_MS;
    if (await emptyBefore(() => nextLook, session, options)) return;
    session.signalAll('SIGKILL');
  }
}

/** Waits until no process of the session is left, at most until `deadline`; tells whether that came true. */
async function emptyBefore(deadline: () => number, session: EndableSession, end: SessionEnd): Promise<boolean> {
  const { clock, grace, leaderExited } = end;
  let lookAfterMs = MEMBER_CHECK_MS;
  while (!session.isEmpty()) {
    const leftMs = deadline() - clock.now();
    if (leftMs <= 0) return false;
    if (session.leaderKnownGone) {
      await settledWithin(clock, Math.min(leftMs, lookAfterMs), grace.shortened);
      lookAfterMs = Math.min(lookAfterMs * 2, LAST_MEMBER_CHECK_MS);
    } else {
      await settledWithin(clock, leftMs, Promise.race([leaderExited, grace.shortened]));
    }
  }
  return true;
}
