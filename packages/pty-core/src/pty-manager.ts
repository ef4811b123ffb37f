import { setImmediate } from 'node:timers/promises';
import { type Clock, systemClock } from './clock.ts';
import type { Cause, PtyEvent, PtyLabels, Unsubscribe } from './events.ts';
import { FloodScheduler } from './flood-scheduler.ts';
import { IdleMonitor } from './idle-monitor.ts';
import { Listeners } from './listeners.ts';
import { loadNativeBinding } from './native-binding.ts';
import { createPumpShare } from './output-pump.ts';
import type { OutputStats } from './output-stats.ts';
import { LinuxProcessTable } from './processes.ts';
import { Pty, type PtyHost, type TerminateOptions } from './pty.ts';
import type { PtyLedger } from './pty-ledger.ts';
import { checkedGrace, type PtyOptions } from './pty-options.ts';
import { type LabelPatch, PtyRegistry } from './pty-registry.ts';
import type { PtySnapshot } from './pty-snapshot.ts';

/** Settings of a {@link PtyManager}. */
export interface PtyManagerOptions {
  /** The most PTYs alive at a time. Default 300. */
  readonly maxPtys?: number;
  /** How many PTYs that have stopped are remembered. Default 100. */
  readonly maxTombstones?: number;
  /**
   * Remembers the children on disk, and marks them, so that a later run can find those a crash left. Of one manager only,
   * because it knows them by `ptyId`. Default none.
   */
  readonly ledger?: PtyLedger;
  /** Times events, idleness and ending; reading and writing keep their own. Default: the time of this process. */
  readonly clock?: Clock;
}

/** What to start, how, whose it is, and which command asked for it. */
export type SpawnRequest = PtyOptions & Partial<PtyLabels> & Cause;

/** Telling one child costs about half a millisecond. */
const ENDED_PER_TURN = 8;

const DEFAULTS = Object.freeze({ maxPtys: 300, maxTombstones: 100, laneId: 'default' });

/** All PTYs of a process: starts them, bounds their number, finds them, passes their events on, ends them. */
export class PtyManager {
  readonly #registry: PtyRegistry<Pty>;
  readonly #host: PtyHost;
  readonly #ledger: PtyLedger | undefined;
  readonly #events = new Listeners<PtyEvent>();
  #nextId = 1;

  /**
   * @throws InvalidOptionError naming the option and its range.
   * @throws BindingError when node-pty cannot be used here.
   */
  constructor(options: PtyManagerOptions = {}) {
    const { maxPtys = DEFAULTS.maxPtys, maxTombstones = DEFAULTS.maxTombstones, clock = systemClock } = options;
    this.#registry = new PtyRegistry({ maxPtys, maxTombstones });
    this.#ledger = options.ledger;
    this.#host = {
      binding: loadNativeBinding(),
      pump: createPumpShare(new FloodScheduler()),
      processes: new LinuxProcessTable(),
      idle: new IdleMonitor(clock),
      clock,
    };
  }

  get maxPtys(): number {
    return this.#registry.maxPtys;
  }

  /** PTYs that have not stopped. */
  get size(): number {
    return this.#registry.size;
  }

  /**
   * Starts a child on a new terminal. `ptyId` names it; without one it gets `pty-1`, `pty-2` …
   * The PTY is registered when its first event arrives, and gone when `pty.stopped` does, so a listener of that may spawn
   * its successor under the same id.
   * @throws CapacityExceededError, DuplicatePtyError, SpawnError, InvalidOptionError; no process exists then.
   */
  spawn(request: SpawnRequest): Pty {
    const events: PtyEvent[] = [];
    let deliver = (event: PtyEvent): void => {
      events.push(event);
    };
    const options = { ...request, env: { ...request.env, ...this.#ledger?.environment } };
    const start = (labels: () => PtyLabels): Pty => new Pty(labels, options, this.#host, (event) => deliver(event));
    try {
      const pty = this.#registry.register(this.#labels(request), start);
      this.#ledger?.started({ ptyId: pty.id, pid: pty.pid, startTime: pty.startTime });
      return pty;
    } finally {
      // What listeners cause meanwhile comes after what was there before.
      for (let event = events.shift(); event !== undefined; event = events.shift()) this.#deliver(event);
      deliver = (event) => this.#deliver(event);
    }
  }

  /** A living PTY. */
  get(ptyId: string): Pty | undefined {
    return this.#registry.get(ptyId);
  }

  /** All living PTYs, oldest first. */
  list(): Pty[] {
    return this.#registry.list();
  }

  /** The living PTYs of a lane. */
  byLane(laneId: string): Pty[] {
    return this.#registry.byLane(laneId);
  }

  /** The living PTYs of a session. */
  bySession(sessionId: string): Pty[] {
    return this.#registry.bySession(sessionId);
  }

  /**
   * Gives a living PTY other labels, for example to move it to another lane; its later events carry them.
   * @throws PtyNotFoundError, InvalidOptionError; nothing changes then.
   */
  relabel(ptyId: string, labels: LabelPatch): void {
    this.#registry.update(ptyId, labels);
  }

  /** The last snapshot of a PTY that has stopped, if it is still remembered. */
  tombstone(ptyId: string): PtySnapshot | undefined {
    return this.#registry.tombstone(ptyId);
  }

  /** Output totals of a PTY that lives or is still remembered. */
  getBufferStats(ptyId: string): OutputStats | undefined {
    const output = this.get(ptyId)?.output.stats() ?? this.tombstone(ptyId)?.output;
    if (output === undefined) return undefined;
    const { totalWritten, totalDropped, currentUtilization, overflowEvents } = output;
    return { totalWritten, totalDropped, currentUtilization, overflowEvents };
  }

  /** Calls `listener` for every event of every PTY. */
  onEvent(listener: (event: PtyEvent) => void): Unsubscribe {
    return this.#events.add(listener);
  }

  /**
   * Ends all children there are now; resolves when no process of theirs is left. They are told a few per turn of the event
   * loop, so that ending hundreds holds nobody else up.
   * @throws InvalidOptionError for a grace out of range; nobody is ended then.
   */
  async terminateAll(options: TerminateOptions & Cause = {}): Promise<void> {
    if (options.gracePeriodMs !== undefined) checkedGrace(options.gracePeriodMs);
    const ends: Promise<unknown>[] = [];
    for (const pty of this.list()) {
      ends.push(pty.terminate(options));
      if (ends.length % ENDED_PER_TURN === 0) await setImmediate();
    }
    await Promise.all(ends);
  }

  /** Sends SIGKILL to every process of every PTY and waits for nothing: for when this process ends at once. Never throws. */
  killAll(): void {
    for (const pty of this.list()) pty.kill();
  }

  snapshot(): ManagerSnapshot {
    const { tombstones, maxTombstones, lanes, sessions } = this.#registry.snapshot();
    return {
      ptys: this.size,
      maxPtys: this.maxPtys,
      tombstones,
      maxTombstones,
      lanes,
      sessions,
      listenerFailures: this.#events.failures,
      ...this.#host.pump.scheduler.snapshot(),
    };
  }

  #labels({ ptyId = this.#freeId(), laneId, sessionId, terminalId }: SpawnRequest): PtyLabels {
    return {
      ptyId,
      laneId: laneId ?? DEFAULTS.laneId,
      sessionId: sessionId ?? ptyId,
      terminalId: terminalId ?? ptyId,
    };
  }

  #deliver(event: PtyEvent): void {
    if (event.type === 'pty.stopped') {
      this.#registry.remove(event.ptyId);
      this.#ledger?.stopped(event.ptyId);
    }
    this.#events.emit(event);
  }

  #freeId(): string {
    let id: string;
    do id = `pty-${this.#nextId++}`;
    while (this.get(id) !== undefined);
    return id;
  }
}

/** A {@link PtyManager} as plain JSON. */
export interface ManagerSnapshot {
  readonly ptys: number;
  readonly maxPtys: number;
  readonly tombstones: number;
  readonly maxTombstones: number;
  /** How many lanes and sessions have PTYs. */
  readonly lanes: number;
  readonly sessions: number;
  /** How many times a listener of all events threw or rejected. */
  readonly listenerFailures: number;
  /** How many terminals flood at the moment, and whether they wait for somebody who types. */
  readonly flooding: number;
  readonly held: boolean;
}
