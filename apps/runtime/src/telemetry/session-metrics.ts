import type { MetricSink } from '@sessiond/metrics-sinks';
import type { PtyExit } from '@sessiond/pty-core';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** What happens to a terminal, as far as the time it lives is concerned; everything else of it is passed over. */
export interface TerminalEvent {
  readonly type: string;
  readonly ptyId: string;
  /** Monotonic milliseconds. */
  readonly timestamp: number;
}

/** How a program ended, as `pty.stopped` has it. */
interface Ending {
  readonly exitCode: number | null;
  readonly reason: PtyExit['reason'];
}

/** What sessions have done since the start, and what they hold now. */
export interface SessionReading {
  readonly sessions: number;
  /** Terminals whose output is kept, and those of them whose readers lag behind. */
  readonly terminals: number;
  readonly underPressure: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly droppedBytes: number;
  readonly listenerFailures: number;
  readonly tombstones: number;
  /** Bytes that are kept, and that may be. */
  readonly ringBytes: number;
  readonly ringLimitBytes: number;
}

/** How many processes of an earlier run met which fate. */
export type OrphanReading = Readonly<Record<'found' | 'reattached' | 'terminated' | 'reported', number>>;

/** Measures how long programs run. The function returned takes the events of all terminals, in order. */
export function sessionDurations(sink: MetricSink): (event: TerminalEvent) => void {
  const duration = sink.histogram(catalogue.sessionDuration);
  const series = {
    success: duration.handle({ kind: 'pty', exit: 'success' }),
    failure: duration.handle({ kind: 'pty', exit: 'failure' }),
    signal: duration.handle({ kind: 'pty', exit: 'signal' }),
    terminated: duration.handle({ kind: 'pty', exit: 'terminated' }),
  };
  /** As many as there are terminals: each ends with the one event. */
  const startedMs = new Map<string, number>();
  return (event) => {
    if (event.type === 'pty.spawned') startedMs.set(event.ptyId, event.timestamp);
    if (event.type !== 'pty.stopped') return;
    const started = startedMs.get(event.ptyId);
    startedMs.delete(event.ptyId);
    if (started === undefined) return;
    series[exitOf(event as unknown as Ending)].record((event.timestamp - started) / 1000);
  };
}

/** Records readings of all sessions. */
export function sessionRecorder(sink: MetricSink): (reading: SessionReading) => void {
  const sessions = levelOf(sink.upDownCounter(catalogue.sessionCount).handle({ kind: 'pty' }));
  const io = sink.counter(catalogue.ptyIo);
  const [read, written] = [io.handle({ direction: 'read' }), io.handle({ direction: 'write' })];
  const dropped = sink.counter(catalogue.ptyDropped).handle({});
  const pressure = sink.upDownCounter(catalogue.ptyBackpressure);
  const pressed = levelOf(pressure.handle({ state: 'on' }));
  const free = levelOf(pressure.handle({ state: 'off' }));
  const tombstones = levelOf(sink.upDownCounter(catalogue.ptyTombstones).handle({}));
  const failures = sink.counter(catalogue.ptyListenerFailures).handle({});
  const ring = levelOf(sink.upDownCounter(catalogue.ringUsage).handle({}));
  const ringLimit = levelOf(sink.upDownCounter(catalogue.ringLimit).handle({}));
  return (reading) => {
    sessions.set(reading.sessions);
    read.raiseTo(reading.readBytes);
    written.raiseTo(reading.writtenBytes);
    dropped.raiseTo(reading.droppedBytes);
    pressed.set(reading.underPressure);
    free.set(reading.terminals - reading.underPressure);
    tombstones.set(reading.tombstones);
    failures.raiseTo(reading.listenerFailures);
    ring.set(reading.ringBytes);
    ringLimit.set(reading.ringLimitBytes);
  };
}

/** Records what became of the processes of an earlier run. */
export function orphanRecorder(sink: MetricSink): (reading: OrphanReading) => void {
  const orphans = sink.counter(catalogue.ptyOrphans);
  const found = orphans.handle({ outcome: 'found' });
  const reattached = orphans.handle({ outcome: 'reattached' });
  const terminated = orphans.handle({ outcome: 'terminated' });
  const reported = orphans.handle({ outcome: 'reported' });
  return (reading) => {
    found.raiseTo(reading.found);
    reattached.raiseTo(reading.reattached);
    terminated.raiseTo(reading.terminated);
    reported.raiseTo(reading.reported);
  };
}

function exitOf({ exitCode, reason }: Ending): 'success' | 'failure' | 'signal' | 'terminated' {
  if (reason !== 'exited' && reason !== 'signaled') return 'terminated';
  if (reason === 'signaled') return 'signal';
  return exitCode === 0 ? 'success' : 'failure';
}
