import { MetricReader } from './metric-reader.ts';
import type { Sample } from './sample.ts';
import { unrest } from './unrest.ts';

/** One session as it is shown. What takes two samples to know is `null` with one. */
export interface SessionRow {
  readonly sessionId: string;
  readonly name: string | null;
  readonly owner: string;
  readonly state: string;
  readonly attached: number;
  readonly bytesPerSecond: number | null;
  readonly totalBytes: number;
  /** Share of the buffer that holds output, 0 to 1. */
  readonly bufferShare: number;
  readonly droppedBytes: number;
  /** Since the last output; `null` if there was none. */
  readonly idleMs: number | null;
  readonly pid: number | null;
}

/** A daemon and its sessions as they are shown. What takes two samples to know is `null` with one. */
export interface Overview {
  readonly capturedAt: string;
  readonly serverVersion: string;
  readonly status: 'ok' | 'degraded' | 'draining';
  readonly uptimeMs: number;
  readonly connections: number;
  /** How late the event loop was, over the last ten seconds. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number };
  /** Processor time per time; 1 is one processor. */
  readonly processorShare: number | null;
  readonly memoryBytes: number;
  readonly commandsPerSecond: number | null;
  readonly outputBytesPerSecond: number | null;
  readonly droppedBytes: number;
  readonly droppedBytesPerSecond: number | null;
  readonly keptBytes: number;
  readonly keptLimitBytes: number;
  /** What the daemon says of its journal, where it has one. */
  readonly journal: string | null;
  /** Breakers, limiters and parts of the daemon that are not at rest, a sentence each. */
  readonly unrest: readonly string[];
  readonly sessions: readonly SessionRow[];
}

/**
 * What a sample shows, with rates from the difference to an earlier one of the same run of the daemon, by the daemon's own clock.
 *
 * Two samples that were taken at the same moment are one.
 */
export function overviewOf(current: Sample, earlier: Sample | undefined): Overview {
  const { health, metrics, sessions } = current;
  const seconds = earlier === undefined ? 0 : (metrics.uptimeMs - earlier.metrics.uptimeMs) / 1_000;
  const before = earlier !== undefined && seconds > 0 ? earlier : undefined;
  const now = new MetricReader(metrics.metrics);
  const then = new MetricReader(before?.metrics.metrics ?? []);
  const rate = (of: (reader: MetricReader) => number): number | null =>
    before === undefined ? null : Math.max(of(now) - of(then), 0) / seconds;
  const journal = health.checks.find(({ name }) => name === 'journal');
  const delay = 'nodejs.eventloop.delay';
  return {
    capturedAt: metrics.capturedAt,
    serverVersion: health.serverVersion,
    status: health.status,
    uptimeMs: health.uptimeMs,
    connections: health.connections,
    loopDelayMs: { p50: now.value(`${delay}.p50`) * 1_000, p99: now.value(`${delay}.p99`) * 1_000 },
    processorShare: rate((reader) => reader.value('process.cpu.time')),
    memoryBytes: now.value('process.memory.usage'),
    commandsPerSecond: rate((reader) => reader.count('sessiond.command.duration')),
    outputBytesPerSecond: rate((reader) => reader.value('sessiond.pty.io', { direction: 'read' })),
    droppedBytes: now.value('sessiond.pty.dropped'),
    droppedBytesPerSecond: rate((reader) => reader.value('sessiond.pty.dropped')),
    keptBytes: now.value('sessiond.ring.usage'),
    keptLimitBytes: now.value('sessiond.ring.limit'),
    journal: journal === undefined ? null : (journal.message ?? journal.status),
    unrest: unrest(current, (of) => rate(of) ?? 0),
    sessions: sessionRows(sessions, Date.parse(metrics.capturedAt), before, seconds),
  };
}

function sessionRows(
  sessions: Sample['sessions'],
  capturedAtMs: number,
  before: Sample | undefined,
  seconds: number,
): SessionRow[] {
  // By stream, not by session: an id may have been used again meanwhile.
  const ends = new Map(before?.sessions.map(({ streamId, end }) => [streamId, end]));
  return sessions.map((session) => {
    const { sessionId, name, owner, state, attached, streamId, start, end, pid } = session;
    const isTerminal = session.kind === 'pty';
    const lastAt = isTerminal ? session.lastOutputAt : session.lastEventAt;
    return {
      sessionId,
      name: name ?? null,
      owner,
      state,
      attached,
      bytesPerSecond: before === undefined || !isTerminal ? null : (end - (ends.get(streamId) ?? 0)) / seconds,
      totalBytes: isTerminal ? session.stats.totalWritten : 0,
      bufferShare: isTerminal && session.bufferBytes > 0 ? (end - start) / session.bufferBytes : 0,
      droppedBytes: isTerminal ? session.stats.totalDropped : 0,
      idleMs: lastAt === undefined ? null : Math.max(capturedAtMs - Date.parse(lastAt), 0),
      pid: pid ?? null,
    };
  });
}
