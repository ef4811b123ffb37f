import { type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import { childEnvironment, type Pty, type Cause as PtyCause, type PtyEvent, type PtyManager } from '@sessiond/pty-core';
import type { Cause } from './cause.ts';
import type { TerminalSession } from './hosted-session.ts';
import { toProtocolError } from './pty-errors.ts';
import { PtySession, type PtySessionCounts, type PtySessionOptions } from './pty-session.ts';
import { SessionTotals } from './session-totals.ts';
import type { TerminalCounts } from './terminal-counts.ts';

/** What terminals get when the client names nothing. */
export interface TerminalDefaults {
  readonly ptys: PtyManager;
  readonly bufferBytes: number;
  readonly gracePeriodMs: number;
  /** `null` never. */
  readonly idleTimeoutMs: number | null;
  /** How long a finished session stays readable. */
  readonly retentionMs: number;
  /** The environment from whose allow-list children inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a terminal tells its owner. */
export type TerminalHooks = Pick<PtySessionOptions, 'onEvent'> & {
  readonly onChanged: (session: PtySession) => void;
  readonly onUnattached: (session: PtySession) => void;
};

/** Regular expressions that are waited for at a time; each has a thread of its own. */
const MAX_REGEX_WAITS = 8;

/** Starts programs in terminals, and counts what terminals did. */
export class Terminals {
  readonly #defaults: TerminalDefaults;
  readonly #hooks: TerminalHooks;
  readonly #totals = new SessionTotals();
  #regexWaits = 0;

  constructor(defaults: TerminalDefaults, hooks: TerminalHooks) {
    this.#defaults = defaults;
    this.#hooks = hooks;
  }

  /** @throws ProtocolError when the program cannot be started; nothing is left then. */
  start(sessionId: string, request: Command<'create_session'>, cause: Cause): PtySession {
    const { ptys, env, gracePeriodMs, idleTimeoutMs, bufferBytes, retentionMs } = this.#defaults;
    const { name, cwd = env['HOME'] ?? '/', laneId, terminalId, pty: spec = {} } = request;
    const command = spec.command ?? env['SHELL'] ?? '/bin/sh';
    const childEnv = childEnvironment(env, request.env, spec.term);
    const events: PtyEvent[] = [];
    const stopListening = ptys.onEvent((event) => {
      if (event.ptyId === sessionId) events.push(event);
    });
    let pty: Pty;
    try {
      pty = ptys.spawn({
        ptyId: sessionId,
        sessionId,
        command,
        cwd,
        env: childEnv,
        gracePeriodMs,
        idleTimeoutMs,
        bufferBytes,
        ...(laneId !== undefined && { laneId }),
        ...(terminalId !== undefined && { terminalId }),
        ...definedOnly(spec),
        ...correlated(cause),
      });
    } catch (error) {
      throw toProtocolError(error);
    } finally {
      stopListening();
    }
    const session: PtySession = new PtySession(pty, {
      sessionId,
      owner: cause.principalId,
      name,
      command,
      args: spec.args ?? [],
      cwd,
      env: childEnv,
      retentionMs: request.retention?.afterExitMs ?? retentionMs,
      events,
      onEvent: this.#hooks.onEvent,
      onChanged: () => this.#hooks.onChanged(session),
      onUnattached: () => this.#hooks.onUnattached(session),
    });
    return session;
  }

  /** Waits for output. @throws ProtocolError when too many wait for a regular expression. */
  async waitFor(
    session: TerminalSession,
    request: Command<'wait_for'>,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'wait_for'>> {
    if (request.regex === undefined) return session.waitFor(request, signal);
    if (this.#regexWaits >= MAX_REGEX_WAITS) {
      throw new ProtocolError(
        'CAPACITY_EXCEEDED',
        `Cannot wait for regex: ${MAX_REGEX_WAITS} such waits run, the most allowed`,
      );
    }
    this.#regexWaits += 1;
    try {
      return await session.waitFor(request, signal);
    } finally {
      this.#regexWaits -= 1;
    }
  }

  /** Counts a terminal that nobody will ask about again. */
  retire(session: PtySession): void {
    this.#totals.retire(session.counts());
  }

  /** What all terminals count, which are these and those that were retired. */
  counts(sessions: readonly PtySession[]): TerminalCounts {
    const { tombstones, listenerFailures } = this.#defaults.ptys.snapshot();
    const counts = sessions.map((session) => session.counts());
    const totals = this.#totals.with(counts);
    const sum = (value: (each: PtySessionCounts) => number): number =>
      counts.reduce((total, each) => total + value(each), 0);
    return {
      ...totals,
      listenerFailures: totals.listenerFailures + listenerFailures,
      terminals: sessions.length,
      tombstones,
      underPressure: sum(({ underPressure }) => (underPressure ? 1 : 0)),
      ringBytes: sum(({ ringBytes }) => ringBytes),
      ringLimitBytes: sum(({ ringLimitBytes }) => ringLimitBytes),
    };
  }

  /** Ends every program within the time. */
  async close(deadlineMs: number): Promise<void> {
    const gracePeriodMs = Math.min(this.#defaults.gracePeriodMs, deadlineMs);
    await this.#defaults.ptys.terminateAll({ gracePeriodMs, reason: 'shutdown' });
  }

  /** Kills every program and waits for nothing. Never throws. */
  killAll(): void {
    this.#defaults.ptys.killAll();
  }
}

/** As much of a cause as a PTY carries in its events. */
function correlated({ correlationId }: Cause): PtyCause {
  return { correlationId };
}

/** The fields a client really set; the rest keeps its default. */
function definedOnly(spec: NonNullable<Command<'create_session'>['pty']>): object {
  const { command, term, ...rest } = spec;
  const entries = Object.entries(rest);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
