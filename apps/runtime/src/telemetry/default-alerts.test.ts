import {
  type AlertEvent,
  type AlertLevel,
  callbackAlertHandler,
  MemorySink,
  ThresholdAlertSink,
} from '@sessiond/metrics-sinks';
import { describe, expect, it } from 'vitest';
import type { BreakerState } from '../admission/admission-observer.ts';
import { alertHealth } from './alert-metrics.ts';
import { defaultAlerts } from './default-alerts.ts';
import { Telemetry } from './telemetry.ts';

const TICK_MS = 5000;
const rules = defaultAlerts({ maxConnections: 100 });

/** A daemon without a daemon: the real telemetry, memory and rules, a clock of the test, and sources that say what they are told to. */
class Subject {
  now = 0;
  p99 = 0;
  droppedLines = 0;
  droppedBytes = 0;
  listenerFailures = 0;
  containedFailures = 0;
  connections = 0;
  breakerState: BreakerState = 'closed';
  openKeys = 0;
  agentCrashes = 0;
  generation = 0;
  journalState: 'open' | 'failed' = 'open';
  unread = 0;
  readonly events: AlertEvent[] = [];
  readonly memory = new MemorySink();
  readonly alerts: ThresholdAlertSink = new ThresholdAlertSink({
    sink: this.memory,
    rules,
    now: () => this.now,
    handlers: [callbackAlertHandler((event) => void this.events.push(event))],
  });
  readonly telemetry: Telemetry;

  constructor() {
    const delay = { max: 0, mean: 0, stddev: 0, p50: 0, p90: 0 };
    this.telemetry = new Telemetry({
      sink: this.alerts,
      limits: {},
      eventLoop: {
        read: () => ({ delay: { ...delay, p99: this.p99 }, utilization: 0, activeSeconds: 0, idleSeconds: 0 }),
        close: () => {},
      },
    });
    this.telemetry.watchLog(() => this.droppedLines);
    this.telemetry.watchContainment(() => ({
      ...{ connection: this.containedFailures, terminal: 0, request: 0, session: 0 },
    }));
    this.telemetry.watchTroubles(() => ({ invalid: 0, overflowed: 0, collectorFailures: this.unread }));
    this.telemetry.watchAlerts(() => this.alerts.snapshot().alerts, null);
    const journal = { entries: 0, bytes: 0, inFlight: 0, queuedBytes: 0 };
    this.telemetry.watchJournal(() => ({ ...journal, state: this.journalState }));
    const store = { entries: 0, bytes: 0, evicted: 0 };
    this.telemetry.watchServer(() => ({
      outcomes: { outcomes: store, keys: store, replays: { id: 0, key: 0 }, dependencyWaits: 0 },
      sessions: {
        sessions: 0,
        terminals: 0,
        underPressure: 0,
        readBytes: 0,
        writtenBytes: 0,
        droppedBytes: this.droppedBytes,
        listenerFailures: this.listenerFailures,
        tombstones: 0,
        ringBytes: 0,
        ringLimitBytes: 0,
        shells: { running: 0, leftBehind: 0 },
        agents: { sessions: 0, pendingDialogs: 0, logBytes: 0, logLimitBytes: 0, backends: [this.#backend()] },
      },
      connections: {
        websocket: this.connections,
        unix: 0,
        stdio: 0,
        bufferedBytes: 0,
        maxBufferedBytes: 0,
        unacknowledgedBytes: 0,
        windowBytes: 0,
      },
      commandsInFlight: 0,
      admission: {
        limiters: [{ name: 'total', limitPerMinute: 1, keys: 0, generation: this.generation }],
        bulkheads: [],
        breakers: [{ name: 'spawn', state: this.breakerState, keys: 10, openKeys: this.openKeys, retryAfterMs: null }],
      },
      orphans: null,
    }));
  }

  #backend() {
    const none = { agents: 0, processes: 0, restarting: 0, restarts: 0, phases: {} };
    return { ...none, name: 'fake', crashes: this.agentCrashes };
  }

  /** Lets time pass, doing something in each tick. */
  pass(minutes: number, act: (subject: this) => void = () => {}): void {
    for (const end = this.now + minutes * 60_000; this.now < end; ) {
      this.now += TICK_MS;
      act(this);
      this.alerts.tick();
    }
  }

  /** Levels that were reached, and `resolved`, in order. */
  told(rule: string): string[] {
    return this.events.filter((event) => event.rule === rule).map(({ kind, level }) => level ?? kind);
  }
}

const perTick = (perSecond: number): number => Math.ceil((perSecond * TICK_MS) / 1000);
const times = (count: number, act: () => void): void => {
  for (let done = 0; done < count; done++) act();
};

/** How each rule is brought to a bound, and back. */
const drives: Readonly<Record<string, (subject: Subject, bound: number) => void>> = {
  'event-loop-delay': (subject, bound) => {
    subject.p99 = bound;
  },
  'output-dropped': (subject, bound) => {
    subject.droppedBytes += perTick(bound);
  },
  'connection-gaps': (subject, bound) => {
    subject.telemetry.traffic.gapBytes += perTick(bound);
  },
  'connections-near-limit': (subject, bound) => {
    subject.connections = bound;
  },
  'breaker-open': (subject, bound) => {
    subject.breakerState = bound > 0 ? 'open' : 'closed';
  },
  'breaker-keys-open': (subject, bound) => {
    subject.openKeys = bound;
  },
  'agent-crashes': (subject, bound) => {
    subject.agentCrashes += bound * (TICK_MS / 1000);
  },
  'commands-refused': ({ telemetry }, bound) =>
    times(perTick(bound), () => telemetry.admission.limiterDecided('total', 'refused')),
  'limiter-generation': (subject, bound) => {
    subject.generation = bound;
  },
  'auth-failures': ({ telemetry }, bound) => times(perTick(bound), () => telemetry.authFailed('credentials')),
  'journal-failed': (subject, bound) => {
    subject.journalState = bound > 0 ? 'failed' : 'open';
  },
  defects: ({ telemetry }, bound) =>
    times(perTick(bound), () => telemetry.commands.commandFinished({ type: 'attach' }, 'INTERNAL', 1)),
  'listener-failures': (subject, bound) => {
    subject.listenerFailures += perTick(bound);
  },
  'contained-failures': (subject, bound) => {
    subject.containedFailures += perTick(bound);
  },
  'log-dropped': (subject, bound) => {
    subject.droppedLines += perTick(bound);
  },
  'metric-troubles': (subject, bound) => {
    subject.unread += perTick(bound);
  },
};

const cases = rules.flatMap(({ name, levels }) =>
  (Object.entries(levels) as [AlertLevel, number][]).map(([level, bound]) => ({ name, level, bound })),
);

describe('the default alerts', () => {
  it('are all driven here', () => {
    expect(Object.keys(drives).sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  it('find the metrics they are about, with the labels they ask for', () => {
    const subject = new Subject();
    subject.telemetry.commands.commandFinished({ type: 'attach' }, 'OK', 1);
    subject.pass(1);
    expect(subject.alerts.snapshot().rules.filter(({ problem }) => problem !== null)).toEqual([]);
  });

  it('are silent while all is well', () => {
    const subject = new Subject();
    subject.pass(30, ({ telemetry }) => {
      telemetry.commands.commandFinished({ type: 'attach' }, 'OK', 1);
      telemetry.admission.limiterDecided('total', 'granted');
    });
    expect(subject.events).toEqual([]);
    expect(alertHealth(subject.alerts.snapshot().alerts)).toEqual({ name: 'alerts', status: 'ok' });
  });

  it.each(cases)('[M06] can fire: $name at $level', ({ name, level, bound }) => {
    const subject = new Subject();
    subject.pass(10, () => drives[name]!(subject, bound));
    expect(subject.told(name).at(-1)).toBe(level);
    const health = alertHealth(subject.alerts.snapshot().alerts);
    if (level === 'info') expect(health.status).toBe('ok');
    else expect(health).toMatchObject({ status: 'degraded', message: expect.stringContaining(`(${level})`) });
    expect(subject.memory.snapshot().find((metric) => metric.name === 'sessiond.alert.firing')?.series).toContainEqual({
      labels: { level },
      value: 1,
    });
    // What was counted stays counted; everything else is over when it is over.
    if (name === 'limiter-generation') return;
    subject.pass(30, () => drives[name]!(subject, 0));
    expect(subject.told(name).at(-1)).toBe('resolved');
    expect(subject.told(name).filter((told) => told === level)).toHaveLength(1);
  });

  it.each(['output-dropped', 'connection-gaps', 'event-loop-delay'])('do not take a burst for a state: %s', (name) => {
    const subject = new Subject();
    subject.pass(5);
    subject.pass(1 / 6, () => drives[name]!(subject, 1e9));
    subject.pass(10, () => drives[name]!(subject, 0));
    expect(subject.told(name)).toEqual([]);
  });

  it('do not take the first mistakes after the start for a siege', () => {
    const subject = new Subject();
    for (let failures = 0; failures < 5; failures++) subject.telemetry.authFailed('credentials');
    subject.pass(10);
    expect(subject.events).toEqual([]);
  });
});
