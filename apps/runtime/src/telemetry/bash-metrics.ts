import type { Counter, MetricSink } from '@sessiond/metrics-sinks';
import type { BashEnding, BashObserver } from '../sessions/bash/bash-observer.ts';
import type { ShellCounts } from '../sessions/bash/shells.ts';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** Counts `bash` commands. */
export class BashMetrics implements BashObserver {
  readonly #started: Counter;
  readonly #output: Counter;
  readonly #truncated: Counter;
  readonly #finished: Readonly<Record<BashEnding, Counter>>;

  constructor(sink: MetricSink) {
    this.#started = sink.counter(catalogue.bashStarted).handle({});
    this.#output = sink.counter(catalogue.bashOutput).handle({});
    this.#truncated = sink.counter(catalogue.bashTruncated).handle({});
    const finished = sink.counter(catalogue.bashFinished);
    this.#finished = {
      exit: finished.handle({ outcome: 'exit' }),
      signal: finished.handle({ outcome: 'signal' }),
      timeout: finished.handle({ outcome: 'timeout' }),
      aborted: finished.handle({ outcome: 'aborted' }),
      'spawn-failed': finished.handle({ outcome: 'spawn-failed' }),
    };
  }

  bashStarted(): void {
    this.#started.add();
  }

  bashOutput(bytes: number): void {
    this.#output.add(bytes);
  }

  bashFinished(ending: BashEnding): void {
    this.#finished[ending].add();
  }

  bashTruncated(): void {
    this.#truncated.add();
  }
}

/** Records readings of the `bash` commands there are. */
export function bashRecorder(sink: MetricSink): (reading: ShellCounts) => void {
  const commands = sink.upDownCounter(catalogue.bashCount);
  const running = levelOf(commands.handle({ state: 'running' }));
  const leftBehind = levelOf(commands.handle({ state: 'left-behind' }));
  return (reading) => {
    running.set(reading.running);
    leftBehind.set(reading.leftBehind);
  };
}
