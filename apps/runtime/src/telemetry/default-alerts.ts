import type { AlertRule } from '@sessiond/metrics-sinks';
import * as catalogue from './catalogue.ts';

/** What the bounds of some alerts follow from. */
export interface DefaultAlertsOptions {
  readonly maxConnections: number;
}

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
/** A single burst shows for at most two windows and a tick; what shows for three goes on, or comes again and again. */
const FLOW_WINDOW_MS = 30_000;
/** Right after the start a rate is one over seconds, in which two of something are many. */
const SHORT_HISTORY_MS = 30_000;
/** More than one in a quarter of an hour. */
const ANY_PER_SECOND = 0.001;

/**
 * What a daemon watches by itself. Every rule can fire, a test drives each over its bounds, and the operations manual says what to do then.
 */
export function defaultAlerts({ maxConnections }: DefaultAlertsOptions): readonly AlertRule[] {
  return [
    {
      name: 'event-loop-delay',
      summary: 'The event loop is late: everybody who types feels it',
      metric: catalogue.eventLoopDelayP99.name,
      levels: { warn: 0.1, critical: 0.5 },
      clearBelow: { warn: 0.05, critical: 0.25 },
      forMs: 20_000,
      keepMs: 30_000,
    },
    {
      name: 'output-dropped',
      summary: 'Output is overwritten before it is delivered',
      metric: catalogue.ptyDropped.name,
      reduce: 'rate',
      windowMs: FLOW_WINDOW_MS,
      // Never more: that a terminal nobody watches keeps only its newest output is what it is for.
      levels: { info: MIB },
      clearBelow: MIB / 2,
      forMs: 3 * FLOW_WINDOW_MS,
    },
    {
      name: 'connection-gaps',
      summary: 'Clients miss output, because they are slower than what they watch',
      metric: catalogue.connectionGaps.name,
      reduce: 'rate',
      windowMs: FLOW_WINDOW_MS,
      levels: { info: 1, warn: MIB },
      clearBelow: { info: 0.5, warn: MIB / 2 },
      forMs: 3 * FLOW_WINDOW_MS,
    },
    {
      name: 'connections-near-limit',
      summary: 'Few connections are left before new ones are refused',
      metric: catalogue.connectionCount.name,
      levels: { warn: Math.ceil(maxConnections * 0.9), critical: maxConnections },
      keepMs: 30_000,
    },
    {
      name: 'breaker-open',
      summary: 'A breaker is open for everybody',
      metric: catalogue.breakerStatus.name,
      selector: { state: 'open' },
      by: ['breaker'],
      levels: { critical: 1 },
      // A breaker that lets a probe through is not open for a moment, and may be again.
      keepMs: 30_000,
    },
    {
      name: 'breaker-keys-open',
      summary: 'Breakers of some principals, sessions or models are open',
      metric: catalogue.breakerKeys.name,
      selector: { state: 'open' },
      by: ['breaker'],
      levels: { warn: 1 },
      keepMs: 30_000,
    },
    {
      name: 'agent-crashes',
      summary: 'Processes of agents end again and again although nobody asked for it',
      metric: catalogue.agentCrashes.name,
      by: ['backend'],
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      // More than three in five minutes; a single one is bad luck, and is mended by itself.
      levels: { warn: 0.01 },
      clearBelow: 0.005,
      forMs: SHORT_HISTORY_MS,
    },
    {
      name: 'commands-refused',
      summary: 'Commands are refused because all of them together are too many',
      metric: catalogue.limiterRequests.name,
      selector: { limiter: 'total', decision: 'refused' },
      reduce: 'rate',
      windowMs: MINUTE_MS,
      levels: { warn: 1 },
      clearBelow: 0.1,
      forMs: SHORT_HISTORY_MS,
    },
    {
      name: 'limiter-generation',
      summary: 'The generations of a limiter have such high numbers that these will not stay exact for ever',
      metric: catalogue.limiterGeneration.name,
      by: ['limiter'],
      levels: { info: 1e12, warn: 1e14, critical: 1e15 },
    },
    {
      name: 'auth-failures',
      summary: 'Somebody is not let in again and again',
      metric: catalogue.authFailures.name,
      reduce: 'rate',
      // What to do differs with it.
      by: ['reason'],
      windowMs: MINUTE_MS,
      levels: { info: 0.2, warn: 2, critical: 50 },
      clearBelow: { info: 0.1, warn: 1, critical: 25 },
      forMs: SHORT_HISTORY_MS,
    },
    {
      name: 'journal-failed',
      summary: 'Commands cannot be recorded, and are refused',
      metric: catalogue.journalFailed.name,
      levels: { critical: 1 },
    },
    {
      name: 'defects',
      summary: 'Commands fail because of a defect of the daemon',
      metric: catalogue.commandDuration.name,
      selector: { code: 'INTERNAL' },
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      levels: { warn: ANY_PER_SECOND },
    },
    {
      name: 'listener-failures',
      summary: 'Something inside the daemon that listens to terminals fails',
      metric: catalogue.ptyListenerFailures.name,
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      levels: { warn: ANY_PER_SECOND },
    },
    {
      name: 'contained-failures',
      summary: 'Connections, requests or sessions end because of a defect of the daemon',
      metric: catalogue.containedFailures.name,
      by: ['kind'],
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      levels: { warn: ANY_PER_SECOND },
    },
    {
      name: 'log-dropped',
      summary: 'Lines of the log are lost because nobody reads it',
      metric: catalogue.logDropped.name,
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      levels: { warn: ANY_PER_SECOND },
    },
    {
      name: 'metric-troubles',
      summary: 'Some of these numbers cannot be believed, and alerts about them may not come',
      metric: catalogue.metricTroubles.name,
      by: ['kind'],
      reduce: 'rate',
      windowMs: 5 * MINUTE_MS,
      levels: { warn: ANY_PER_SECOND },
    },
  ];
}
