import type { Histogram, MetricFamily, MetricSink } from '@sessiond/metrics-sinks';
import type { ErrorCode } from '@sessiond/protocol';
import type { CommandObserver, ObservedCode, ObservedCommand } from '../execution/command-observer.ts';
import type { CommandFacts } from '../execution/command-tracer.ts';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/**
 * Times commands. A series is looked up by type and code once and kept, so that a command costs two look-ups and an update.
 * Types times codes is more than the label budget of a sink; the hundred or so pairs that really occur are not.
 */
export class CommandMetrics implements CommandObserver {
  readonly #duration: MetricFamily<'command' | 'code', Histogram>;
  readonly #durations = new Map<ObservedCommand, Map<ObservedCode, Histogram>>();
  readonly #queueWait: Histogram;

  constructor(sink: MetricSink) {
    this.#duration = sink.histogram(catalogue.commandDuration);
    this.#queueWait = sink.histogram(catalogue.commandQueueWait).handle({});
  }

  commandAccepted(): void {}

  commandStarted(_facts: CommandFacts, queueWaitMs: number): void {
    this.#queueWait.record(queueWaitMs / 1000);
  }

  commandFinished({ type }: Pick<CommandFacts, 'type'>, code: ObservedCode, durationMs: number): void {
    this.#record(type, code, durationMs);
  }

  messageRefused(type: ObservedCommand, code: ErrorCode): void {
    this.#record(type, code, 0);
  }

  #record(command: ObservedCommand, code: ObservedCode, durationMs: number): void {
    const series = this.#durations.get(command)?.get(code) ?? this.#seriesOf(command, code);
    series.record(durationMs / 1000);
  }

  #seriesOf(command: ObservedCommand, code: ObservedCode): Histogram {
    const series = this.#duration.handle({ command, code });
    const byCode = this.#durations.get(command) ?? new Map<ObservedCode, Histogram>();
    this.#durations.set(command, byCode.set(code, series));
    return series;
  }
}

/** Records how many commands wait or run. */
export function inFlightRecorder(sink: MetricSink): (commands: number) => void {
  const inFlight = levelOf(sink.upDownCounter(catalogue.commandInflight).handle({}));
  return (commands) => inFlight.set(commands);
}
