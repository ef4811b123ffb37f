import type { ProviderFailure } from '@sessiond/agent-core';
import type { Counter, Histogram, MetricFamily, MetricSink } from '@sessiond/metrics-sinks';
import type { AgentPhase, DialogEnd } from '@sessiond/protocol';
import type { AgentObserver, PromptEnding } from '../agents/agent-observer.ts';
import type { AgentCounts } from '../sessions/agent/agent-counts.ts';
import * as catalogue from './catalogue.ts';
import { type Level, levelOf } from './level.ts';

const PHASES: readonly AgentPhase[] = ['starting', 'idle', 'running', 'restarting', 'stopped'];
const DIALOG_ENDS: readonly DialogEnd[] = ['answered', 'cancelled', 'timeout', 'aborted', 'capacity', 'gone'];
const FAILURE_KINDS: readonly ProviderFailure['kind'][] = ['http', 'network', 'silence', 'unknown'];

/** Counts what agents do. None of it happens often: not per piece of an answer, but per prompt. */
export class AgentMetrics implements AgentObserver {
  readonly #opened: MetricFamily<'backend' | 'result', Counter>;
  readonly #prompts: MetricFamily<'backend' | 'outcome', Counter>;
  readonly #firstToken: MetricFamily<'backend', Histogram>;
  readonly #turn: MetricFamily<'backend', Histogram>;
  readonly #failures: MetricFamily<'kind', Counter>;
  readonly #dialogs: MetricFamily<'outcome', Counter>;
  readonly #gaps: Counter;

  constructor(sink: MetricSink) {
    this.#opened = sink.counter(catalogue.agentOpened);
    this.#prompts = sink.counter(catalogue.agentPrompts);
    this.#firstToken = sink.histogram(catalogue.agentFirstToken);
    this.#turn = sink.histogram(catalogue.agentTurn);
    this.#failures = sink.counter(catalogue.agentProviderFailures);
    this.#dialogs = sink.counter(catalogue.agentDialogsEnded);
    this.#gaps = sink.counter(catalogue.agentGaps).handle({});
    // There from the start, so that the first one shows as a change.
    for (const kind of FAILURE_KINDS) this.#failures.handle({ kind });
    for (const outcome of DIALOG_ENDS) this.#dialogs.handle({ outcome });
  }

  opened(backend: string, result: 'opened' | 'unavailable' | 'failed'): void {
    this.#opened.handle({ backend, result }).add();
  }

  promptEnded(backend: string, outcome: PromptEnding, durationMs: number): void {
    this.#prompts.handle({ backend, outcome }).add();
    this.#turn.handle({ backend }).record(durationMs / 1000);
  }

  firstToken(backend: string, elapsedMs: number): void {
    this.#firstToken.handle({ backend }).record(elapsedMs / 1000);
  }

  providerFailed(kind: ProviderFailure['kind']): void {
    this.#failures.handle({ kind }).add();
  }

  dialogEnded(outcome: DialogEnd): void {
    this.#dialogs.handle({ outcome }).add();
  }

  gapTold(events: number): void {
    this.#gaps.add(events);
  }
}

/** Records readings of the agents there are. */
export function agentRecorder(sink: MetricSink): (reading: AgentCounts) => void {
  const sessions = levelOf(sink.upDownCounter(catalogue.sessionCount).handle({ kind: 'agent' }));
  const counts = sink.upDownCounter(catalogue.agentCount);
  const processes = sink.upDownCounter(catalogue.agentProcesses);
  const restarts = sink.counter(catalogue.agentRestarts);
  const crashes = sink.counter(catalogue.agentCrashes);
  const dialogs = levelOf(sink.upDownCounter(catalogue.agentDialogs).handle({}));
  const usage = levelOf(sink.upDownCounter(catalogue.agentLogUsage).handle({}));
  const limit = levelOf(sink.upDownCounter(catalogue.agentLogLimit).handle({}));
  const seriesOf = (backend: string): BackendSeries => ({
    phases: PHASES.map((state) => [state, levelOf(counts.handle({ backend, state }))] as const),
    processes: levelOf(processes.handle({ backend })),
    restarts: restarts.handle({ backend }),
    crashes: crashes.handle({ backend }),
  });
  /** As many as the operator has named. */
  const backends = new Map<string, BackendSeries>();
  return (reading) => {
    sessions.set(reading.sessions);
    dialogs.set(reading.pendingDialogs);
    usage.set(reading.logBytes);
    limit.set(reading.logLimitBytes);
    for (const { name, phases, processes: running, restarts: restarted, crashes: crashed } of reading.backends) {
      const series = backends.get(name) ?? seriesOf(name);
      backends.set(name, series);
      for (const [phase, level] of series.phases) level.set(phases[phase] ?? 0);
      series.processes.set(running);
      series.restarts.raiseTo(restarted);
      series.crashes.raiseTo(crashed);
    }
  };
}

interface BackendSeries {
  readonly phases: readonly (readonly [AgentPhase, Level])[];
  readonly processes: Level;
  readonly restarts: Counter;
  readonly crashes: Counter;
}
