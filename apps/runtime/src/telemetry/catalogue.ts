import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  UpDownCounterDescriptor,
} from '@sessiond/metrics-sinks';

/*
 * Every metric of the daemon, and nothing else. What is exported here is emitted, documented in the operations manual, and
 * known under its Prometheus name to the dashboard and the rules in `deploy/`; tests hold all of that together.
 *
 * No label identifies a session, a connection or a person. The values of every label are chosen by code, or by the operator
 * where they name a kind of agent, never by input.
 */

/** What a row of the catalogue says beside name and kind. */
interface Row<L extends string> {
  readonly unit: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
}

function counter<L extends string = never>(name: string, row: Row<L>): CounterDescriptor<L> {
  return Object.freeze({ kind: 'counter', name, ...row });
}

function level<L extends string = never>(name: string, row: Row<L>): UpDownCounterDescriptor<L> {
  return Object.freeze({ kind: 'upDownCounter', name, ...row });
}

function gauge<L extends string = never>(name: string, row: Row<L>): GaugeDescriptor<L> {
  return Object.freeze({ kind: 'gauge', name, ...row });
}

function histogram<L extends string = never>(
  name: string,
  row: Row<L> & { readonly buckets: readonly number[] },
): HistogramDescriptor<L> {
  return Object.freeze({ kind: 'histogram', name, ...row });
}

/** From an answer out of memory to a program that has to be ended. */
const COMMAND_SECONDS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
/** From a single command to a terminal that was open for weeks. */
const LIFE_SECONDS = [0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800];
/** From a model that is at hand to one that is given up. */
const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** From an answer in one line to a turn of an hour. */
const TURN_SECONDS = [0.5, 1, 5, 15, 60, 300, 900, 3_600];

// Sessions and their terminals

export const sessionCount: UpDownCounterDescriptor<'kind'> = level('sessiond.session.count', {
  unit: '{session}',
  help: 'Sessions that can be addressed, finished ones that are still readable included.',
  labelNames: ['kind'],
});
export const sessionDuration: HistogramDescriptor<'kind' | 'exit'> = histogram('sessiond.session.duration', {
  unit: 's',
  help: 'Time from the start of a program to the end of its output, by how it ended: success, failure, signal or terminated.',
  labelNames: ['kind', 'exit'],
  buckets: LIFE_SECONDS,
});
export const ptyIo: CounterDescriptor<'direction'> = counter('sessiond.pty.io', {
  unit: 'By',
  help: 'Bytes read from programs and written to them.',
  labelNames: ['direction'],
});
export const ptyDropped: CounterDescriptor = counter('sessiond.pty.dropped', {
  unit: 'By',
  help: 'Output that was overwritten before it was delivered.',
});
export const ptyBackpressure: UpDownCounterDescriptor<'state'> = level('sessiond.pty.backpressure', {
  unit: '{terminal}',
  help: 'Terminals whose buffer is nearly full of output that nobody has taken (on), as it is where a lot is written and nobody is attached, and all others (off).',
  labelNames: ['state'],
});
export const ptyTombstones: UpDownCounterDescriptor = level('sessiond.pty.tombstones', {
  unit: '{terminal}',
  help: 'Ended terminals whose end is still remembered.',
});
export const ptyListenerFailures: CounterDescriptor = counter('sessiond.pty.listener.failures', {
  unit: '{failure}',
  help: 'Times that something inside the daemon that listens to a terminal failed; each is a defect, and disturbed no terminal.',
});
export const ptyOrphans: CounterDescriptor<'outcome'> = counter('sessiond.pty.orphans', {
  unit: '{process}',
  help: 'Processes that an earlier run left behind, as the look for them at the start settled it: found, reattached, terminated or reported.',
  labelNames: ['outcome'],
});
export const ringUsage: UpDownCounterDescriptor = level('sessiond.ring.usage', {
  unit: 'By',
  help: 'Output that is kept for terminals.',
});
export const ringLimit: UpDownCounterDescriptor = level('sessiond.ring.limit', {
  unit: 'By',
  help: 'Output that may be kept for the terminals there are.',
});

// Lines of shell beside terminals

export const bashCount: UpDownCounterDescriptor<'state'> = level('sessiond.bash.count', {
  unit: '{command}',
  help: 'Bash commands that run (running), and that were answered and have left processes behind (left-behind).',
  labelNames: ['state'],
});
export const bashStarted: CounterDescriptor = counter('sessiond.bash.started', {
  unit: '{command}',
  help: 'Bash commands whose shell was started.',
});
export const bashFinished: CounterDescriptor<'outcome'> = counter('sessiond.bash.finished', {
  unit: '{command}',
  help: 'Bash commands by how they ended: with a status (exit), by a signal of their own (signal), at their deadline (timeout), because somebody ended them (aborted), or before they began (spawn-failed).',
  labelNames: ['outcome'],
});
export const bashOutput: CounterDescriptor = counter('sessiond.bash.output', {
  unit: 'By',
  help: 'Output read from bash commands.',
});
export const bashTruncated: CounterDescriptor = counter('sessiond.bash.truncated', {
  unit: '{command}',
  help: 'Bash commands whose answer lacks the beginning of their output.',
});

// Agents

export const agentCount: UpDownCounterDescriptor<'backend' | 'state'> = level('sessiond.agent.count', {
  unit: '{session}',
  help: 'Sessions of agents of this run by the kind of agent and by what it does: starting, idle, running, restarting, or stopped and still readable.',
  labelNames: ['backend', 'state'],
});
export const agentOpened: CounterDescriptor<'backend' | 'result'> = counter('sessiond.agent.opened', {
  unit: '{session}',
  help: 'Agents that were to be started: those that were (opened), that are not installed or cannot run here (unavailable), and that failed at it (failed).',
  labelNames: ['backend', 'result'],
});
export const agentPrompts: CounterDescriptor<'backend' | 'outcome'> = counter('sessiond.agent.prompts', {
  unit: '{prompt}',
  help: 'Prompts by how they ended: done, aborted by somebody or at the deadline, failed by the provider of the model (provider-failed), interrupted by the end of the process of the agent, or failed.',
  labelNames: ['backend', 'outcome'],
});
export const agentFirstToken: HistogramDescriptor<'backend'> = histogram('sessiond.agent.first_token.duration', {
  unit: 's',
  help: 'Time from a prompt to the first piece of an answer.',
  labelNames: ['backend'],
  buckets: FIRST_TOKEN_SECONDS,
});
export const agentTurn: HistogramDescriptor<'backend'> = histogram('sessiond.agent.turn.duration', {
  unit: 's',
  help: 'Time from a prompt to the end of what the agent did for it, however that came.',
  labelNames: ['backend'],
  buckets: TURN_SECONDS,
});
export const agentProviderFailures: CounterDescriptor<'kind'> = counter('sessiond.agent.provider.failures', {
  unit: '{failure}',
  help: 'Prompts that the provider of a model failed: with a status (http), because it could not be reached or broke off (network), was silent for too long (silence), or in a way that its agent did not tell (unknown).',
  labelNames: ['kind'],
});
export const agentProcesses: UpDownCounterDescriptor<'backend'> = level('sessiond.agent.processes', {
  unit: '{process}',
  help: 'Processes that agents run in.',
  labelNames: ['backend'],
});
export const agentRestarts: CounterDescriptor<'backend'> = counter('sessiond.agent.restarts', {
  unit: '{restart}',
  help: 'Times that a process of agents was started again.',
  labelNames: ['backend'],
});
export const agentCrashes: CounterDescriptor<'backend'> = counter('sessiond.agent.crashes', {
  unit: '{crash}',
  help: 'Processes of agents that ended although nobody had asked for it.',
  labelNames: ['backend'],
});
export const agentDialogs: UpDownCounterDescriptor = level('sessiond.agent.dialogs', {
  unit: '{dialog}',
  help: 'Questions of agents that wait for a person.',
});
export const agentDialogsEnded: CounterDescriptor<'outcome'> = counter('sessiond.agent.dialogs.ended', {
  unit: '{dialog}',
  help: 'Questions of agents by how they ended: answered, declined (cancelled), or with no answer because nobody gave one in time (timeout), the turn was aborted (aborted), there were too many (capacity) or the agent was gone (gone).',
  labelNames: ['outcome'],
});
export const agentGaps: CounterDescriptor = counter('sessiond.agent.gaps', {
  unit: '{event}',
  help: 'Events of agents that a follower was told it had missed.',
});
export const agentLogUsage: UpDownCounterDescriptor = level('sessiond.agent.log.usage', {
  unit: 'By',
  help: 'Events that are kept for agents.',
});
export const agentLogLimit: UpDownCounterDescriptor = level('sessiond.agent.log.limit', {
  unit: 'By',
  help: 'Events that may be kept for the agents there are.',
});

// Connections

export const connectionCount: UpDownCounterDescriptor<'kind'> = level('sessiond.connection.count', {
  unit: '{connection}',
  help: 'Open connections: websocket, unix or stdio for those that speak the protocol, raw for raw terminals.',
  labelNames: ['kind'],
});
export const connectionRefusals: CounterDescriptor<'reason'> = counter('sessiond.connection.refusals', {
  unit: '{connection}',
  help: 'Clients that may connect and were sent away: all places are taken (limit), all that one principal may have (share), or the daemon ends (draining).',
  labelNames: ['reason'],
});
export const connectionLost: CounterDescriptor = counter('sessiond.connection.lost', {
  unit: '{connection}',
  help: 'Connections that were ended because the client gave no sign of life after a ping.',
});
export const connectionGaps: CounterDescriptor = counter('sessiond.connection.gaps', {
  unit: 'By',
  help: 'Output that clients missed, because the buffer had moved past it; all but raw terminals were told.',
});
export const connectionBuffered: UpDownCounterDescriptor = level('sessiond.connection.buffered', {
  unit: 'By',
  help: 'Bytes that were sent and that the kernel has not taken yet, over all connections.',
});
export const connectionBufferedMax: GaugeDescriptor = gauge('sessiond.connection.buffered.max', {
  unit: 'By',
  help: 'The same for the connection where it is most.',
});
export const connectionWindowUsage: UpDownCounterDescriptor = level('sessiond.connection.window.usage', {
  unit: 'By',
  help: 'Output that was sent and not acknowledged, over all attachments with a window.',
});
export const connectionWindowLimit: UpDownCounterDescriptor = level('sessiond.connection.window.limit', {
  unit: 'By',
  help: 'What these windows allow.',
});
export const frameIo: CounterDescriptor<'direction' | 'kind'> = counter('sessiond.frame.io', {
  unit: 'By',
  help: 'Bytes of messages (message), frames (output, input, ack, gap, end) and raw terminals (raw) that clients sent and were sent, without what the transport adds.',
  labelNames: ['direction', 'kind'],
});

// Commands

export const commandDuration: HistogramDescriptor<'command' | 'code'> = histogram('sessiond.command.duration', {
  unit: 's',
  help: 'Time from the start of a command to its answer, by type (unknown if it had none) and code (OK or an error code); 0 for one that was refused.',
  labelNames: ['command', 'code'],
  buckets: COMMAND_SECONDS,
});
export const commandInflight: UpDownCounterDescriptor = level('sessiond.command.inflight', {
  unit: '{command}',
  help: 'Commands that wait or run.',
});
export const commandQueueWait: HistogramDescriptor = histogram('sessiond.command.queue.wait', {
  unit: 's',
  help: 'Time that commands waited for their turn.',
  buckets: COMMAND_SECONDS,
});

export const commandReplays: CounterDescriptor<'by'> = counter('sessiond.command.replays', {
  unit: '{command}',
  help: 'Commands that were answered with the outcome of an earlier execution: known by their id (id) or by their idempotency key (key).',
  labelNames: ['by'],
});
export const commandDependencyWaits: CounterDescriptor = counter('sessiond.command.dependency.waits', {
  unit: '{command}',
  help: 'Commands that had to wait for one that they depend on.',
});
export const outcomeCount: UpDownCounterDescriptor<'by'> = level('sessiond.outcome.count', {
  unit: '{outcome}',
  help: 'Outcomes of commands that are remembered: by command id (id) and by idempotency key (key).',
  labelNames: ['by'],
});
export const outcomeUsage: UpDownCounterDescriptor<'by'> = level('sessiond.outcome.usage', {
  unit: 'By',
  help: 'Memory that is taken for these outcomes.',
  labelNames: ['by'],
});
export const outcomesForgotten: CounterDescriptor<'by'> = counter('sessiond.outcome.forgotten', {
  unit: '{outcome}',
  help: 'Outcomes that made room for later ones, or whose time was over.',
  labelNames: ['by'],
});

// Admission

export const limiterRequests: CounterDescriptor<'limiter' | 'decision'> = counter('sessiond.limiter.requests', {
  unit: '{request}',
  help: 'Requests to a budget, granted or refused.',
  labelNames: ['limiter', 'decision'],
});
export const limiterRefunds: CounterDescriptor<'limiter' | 'result'> = counter('sessiond.limiter.refunds', {
  unit: '{refund}',
  help: 'Budget that was given back: refunded, or late if the window it was taken from was over.',
  labelNames: ['limiter', 'result'],
});
export const limiterGeneration: CounterDescriptor<'limiter'> = counter('sessiond.limiter.generation', {
  unit: '{generation}',
  help: 'Slices of time that a limiter has numbered, sixteen per window; what is given back counts only within its own.',
  labelNames: ['limiter'],
});
export const limiterKeys: UpDownCounterDescriptor<'limiter'> = level('sessiond.limiter.keys', {
  unit: '{key}',
  help: 'Keys of a limiter with budget in use.',
  labelNames: ['limiter'],
});
export const bulkheadUsage: UpDownCounterDescriptor<'bulkhead'> = level('sessiond.bulkhead.usage', {
  unit: '{place}',
  help: 'Places of a bulkhead that are taken.',
  labelNames: ['bulkhead'],
});
export const bulkheadLimit: GaugeDescriptor<'bulkhead'> = gauge('sessiond.bulkhead.limit', {
  unit: '{place}',
  help: 'Places that a bulkhead has; of a kind with one for each session or principal, the places of one.',
  labelNames: ['bulkhead'],
});
export const bulkheadWaiting: UpDownCounterDescriptor<'bulkhead'> = level('sessiond.bulkhead.waiting', {
  unit: '{command}',
  help: 'Commands that wait for a place.',
  labelNames: ['bulkhead'],
});
export const bulkheadWait: HistogramDescriptor<'bulkhead'> = histogram('sessiond.bulkhead.wait', {
  unit: 's',
  help: 'Time that commands waited for a place.',
  labelNames: ['bulkhead'],
  buckets: COMMAND_SECONDS,
});
export const bulkheadRefusals: CounterDescriptor<'bulkhead'> = counter('sessiond.bulkhead.refusals', {
  unit: '{command}',
  help: 'Commands for which there was neither a place nor room to wait.',
  labelNames: ['bulkhead'],
});
export const breakerCalls: CounterDescriptor<'breaker' | 'outcome'> = counter('sessiond.breaker.calls', {
  unit: '{call}',
  help: 'Calls that a breaker stands in front of: refused by it, or let through with success, failure, or an outcome that is ignored.',
  labelNames: ['breaker', 'outcome'],
});
export const breakerTransitions: CounterDescriptor<'breaker' | 'scope' | 'from' | 'to'> = counter(
  'sessiond.breaker.transitions',
  {
    unit: '{transition}',
    help: 'Changes of the state of a breaker: the one in front of everybody (global), or that of one key (key).',
    labelNames: ['breaker', 'scope', 'from', 'to'],
  },
);
export const breakerStatus: GaugeDescriptor<'breaker' | 'state'> = gauge('sessiond.breaker.status', {
  unit: '{status}',
  help: '1 for the state that the breaker in front of everybody is in, 0 for the others.',
  labelNames: ['breaker', 'state'],
});
export const breakerKeys: UpDownCounterDescriptor<'breaker' | 'state'> = level('sessiond.breaker.keys', {
  unit: '{key}',
  help: 'Keys with a breaker of their own that is open, or is not (other).',
  labelNames: ['breaker', 'state'],
});

// The daemon itself

export const authFailures: CounterDescriptor<'reason'> = counter('sessiond.auth.failures', {
  unit: '{failure}',
  help: 'Requests that were not let in: for their credentials, for what they may do (scope), for the page or name they came by (origin), or because whoever decides took too long (timeout) or failed (provider).',
  labelNames: ['reason'],
});
export const containedFailures: CounterDescriptor<'kind'> = counter('sessiond.contained.failures', {
  unit: '{failure}',
  help: 'Unexpected exceptions that ended one connection, raw terminal (terminal), HTTP request or session and nothing else; each is a defect.',
  labelNames: ['kind'],
});
export const logDropped: CounterDescriptor = counter('sessiond.log.dropped', {
  unit: '{line}',
  help: 'Lines of the log that were dropped because nobody read them.',
});
export const metricTroubles: CounterDescriptor<'kind'> = counter('sessiond.metric.troubles', {
  unit: '{trouble}',
  help: 'What went wrong with these metrics: amounts that were left out (invalid), label sets beyond the budget (overflowed), sources that could not be read (unread).',
  labelNames: ['kind'],
});
export const limit: GaugeDescriptor<'name'> = gauge('sessiond.limit', {
  unit: '{limit}',
  help: 'Every configured limit, by the name and in the unit it has in the configuration; those that are off are left out.',
  labelNames: ['name'],
});
export const alertFiring: UpDownCounterDescriptor<'level'> = level('sessiond.alert.firing', {
  unit: '{alert}',
  help: 'Alerts that fire.',
  labelNames: ['level'],
});
export const alertDeliveries: CounterDescriptor<'outcome'> = counter('sessiond.alert.deliveries', {
  unit: '{event}',
  help: 'Events of alerts for the webhook: delivered, failed after every attempt, or dropped.',
  labelNames: ['outcome'],
});

// The process, under the names that OpenTelemetry gives them

export const cpuTime: CounterDescriptor<'cpu.mode'> = counter('process.cpu.time', {
  unit: 's',
  help: 'Processor time of the daemon, without that of the programs in its terminals.',
  labelNames: ['cpu.mode'],
});
export const memoryUsage: UpDownCounterDescriptor = level('process.memory.usage', {
  unit: 'By',
  help: 'Resident memory of the daemon.',
});
export const uptime: GaugeDescriptor = gauge('process.uptime', {
  unit: 's',
  help: 'Time since the daemon was started.',
});
export const heapUsed: UpDownCounterDescriptor<'v8js.heap.space.name'> = level('v8js.memory.heap.used', {
  unit: 'By',
  help: 'Memory that objects take, by the part of the heap.',
  labelNames: ['v8js.heap.space.name'],
});
export const eventLoopDelayMax: GaugeDescriptor = eventLoopDelay('max', 'The most');
export const eventLoopDelayMean: GaugeDescriptor = eventLoopDelay('mean', 'The mean');
export const eventLoopDelayStddev: GaugeDescriptor = eventLoopDelay('stddev', 'The standard deviation');
export const eventLoopDelayP50: GaugeDescriptor = eventLoopDelay('p50', 'The median');
export const eventLoopDelayP90: GaugeDescriptor = eventLoopDelay('p90', 'The 90th percentile');
export const eventLoopDelayP99: GaugeDescriptor = eventLoopDelay('p99', 'The 99th percentile');
export const eventLoopUtilization: GaugeDescriptor = gauge('nodejs.eventloop.utilization', {
  unit: '1',
  help: 'Share of the time that the event loop was busy, over ten seconds.',
});
export const eventLoopTime: CounterDescriptor<'nodejs.eventloop.state'> = counter('nodejs.eventloop.time', {
  unit: 's',
  help: 'Time that the event loop was busy (active) or waited (idle).',
  labelNames: ['nodejs.eventloop.state'],
});

function eventLoopDelay(name: string, which: string): GaugeDescriptor {
  return gauge(`nodejs.eventloop.delay.${name}`, {
    unit: 's',
    help: `${which} of how late the event loop was for what was due, over ten seconds.`,
  });
}

// The journal

export const journalRecorded: CounterDescriptor = counter('sessiond.journal.recorded', {
  unit: '{command}',
  help: 'Commands that were recorded when they were let in.',
});
export const journalEntries: UpDownCounterDescriptor = level('sessiond.journal.entries', {
  unit: '{command}',
  help: 'Commands that the journal keeps.',
});
export const journalSize: UpDownCounterDescriptor = level('sessiond.journal.size', {
  unit: 'By',
  help: 'Size of the commands that the journal keeps, as text.',
});
export const journalInFlight: UpDownCounterDescriptor = level('sessiond.journal.in_flight', {
  unit: '{command}',
  help: 'Recorded commands without an outcome; a restart would interrupt them.',
});
export const journalQueued: UpDownCounterDescriptor = level('sessiond.journal.queued', {
  unit: 'By',
  help: 'What waits to be written to the journal or is being written.',
});
export const journalBatchDuration: HistogramDescriptor = histogram('sessiond.journal.batch.duration', {
  unit: 's',
  help: 'Time a batch of changes took to be written; in mode sync until it was on the disk.',
  buckets: COMMAND_SECONDS,
});
export const journalFailures: CounterDescriptor = counter('sessiond.journal.failures', {
  unit: '{batch}',
  help: 'Batches that could not be written, attempts to become writable again included.',
});
export const journalFailed: GaugeDescriptor = gauge('sessiond.journal.failed', {
  unit: '1',
  help: '1 while nothing can be recorded and commands that must be are refused, else 0.',
});
