import type { Counter, Histogram, MetricSink } from '@sessiond/metrics-sinks';
import type { JournalObserver } from '../journal/journal-observer.ts';
import type { JournalSnapshot } from '../journal/journal-snapshot.ts';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** Counts what happens to the journal. */
export class JournalMetrics implements JournalObserver {
  readonly #recorded: Counter;
  readonly #failures: Counter;
  readonly #batches: Histogram;

  constructor(sink: MetricSink) {
    this.#recorded = sink.counter(catalogue.journalRecorded).handle({});
    this.#failures = sink.counter(catalogue.journalFailures).handle({});
    this.#batches = sink.histogram(catalogue.journalBatchDuration).handle({});
  }

  commandRecorded(): void {
    this.#recorded.add();
  }

  batchWritten(_changes: number, durationMs: number): void {
    this.#batches.record(durationMs / 1000);
  }

  batchFailed(): void {
    this.#failures.add();
  }
}

/** Records readings of the journal. */
export function journalRecorder(sink: MetricSink): (reading: JournalSnapshot) => void {
  const entries = levelOf(sink.upDownCounter(catalogue.journalEntries).handle({}));
  const size = levelOf(sink.upDownCounter(catalogue.journalSize).handle({}));
  const inFlight = levelOf(sink.upDownCounter(catalogue.journalInFlight).handle({}));
  const queued = levelOf(sink.upDownCounter(catalogue.journalQueued).handle({}));
  const failed = sink.gauge(catalogue.journalFailed).handle({});
  return (reading) => {
    entries.set(reading.entries);
    size.set(reading.bytes);
    inFlight.set(reading.inFlight);
    queued.set(reading.queuedBytes);
    failed.set(reading.state === 'failed' ? 1 : 0);
  };
}
