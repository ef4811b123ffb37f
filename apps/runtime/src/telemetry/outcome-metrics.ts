import type { MetricSink } from '@sessiond/metrics-sinks';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** The sizes of one store of outcomes. */
interface StoreReading {
  readonly entries: number;
  readonly bytes: number;
  readonly evicted: number;
}

/** What is remembered of commands, and how often that has helped. */
export interface OutcomeReading {
  readonly outcomes: StoreReading;
  readonly keys: StoreReading;
  readonly replays: { readonly id: number; readonly key: number };
  readonly dependencyWaits: number;
}

/** Records readings of what is remembered of commands. */
export function outcomeRecorder(sink: MetricSink): (reading: OutcomeReading) => void {
  const replays = sink.counter(catalogue.commandReplays);
  const waits = sink.counter(catalogue.commandDependencyWaits).handle({});
  const count = sink.upDownCounter(catalogue.outcomeCount);
  const usage = sink.upDownCounter(catalogue.outcomeUsage);
  const forgotten = sink.counter(catalogue.outcomesForgotten);
  const seriesBy = (by: 'id' | 'key') => {
    const [replayed, entries, bytes] = [
      replays.handle({ by }),
      levelOf(count.handle({ by })),
      levelOf(usage.handle({ by })),
    ];
    const evicted = forgotten.handle({ by });
    return (store: StoreReading, total: number): void => {
      replayed.raiseTo(total);
      entries.set(store.entries);
      bytes.set(store.bytes);
      evicted.raiseTo(store.evicted);
    };
  };
  const [byId, byKey] = [seriesBy('id'), seriesBy('key')];
  return (reading) => {
    byId(reading.outcomes, reading.replays.id);
    byKey(reading.keys, reading.replays.key);
    waits.raiseTo(reading.dependencyWaits);
  };
}
