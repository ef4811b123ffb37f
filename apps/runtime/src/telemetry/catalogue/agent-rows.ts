import type { CounterDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, histogram, level } from './row.ts';

/** From a model that is at hand to one that is given up. */
const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** From an answer in one line to a turn of an hour. */
const TURN_SECONDS = [0.5, 1, 5, 15, 60, 300, 900, 3_600];

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
