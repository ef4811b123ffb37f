import { getHeapSpaceStatistics } from 'node:v8';
import type { MetricSink } from '@sessiond/metrics-sinks';
import * as catalogue from './catalogue.ts';
import type { EventLoopReading } from './event-loop.ts';
import { type Level, levelOf } from './level.ts';

const MICROSECONDS = 1e6;

/**
 * Reads the process and its event loop into the sink whenever it collects; costs about a tenth of a millisecond.
 * @returns how to stop.
 */
export function collectProcess(sink: MetricSink, readEventLoop: () => EventLoopReading): () => void {
  const cpu = sink.counter(catalogue.cpuTime);
  const [user, system] = [cpu.handle({ 'cpu.mode': 'user' }), cpu.handle({ 'cpu.mode': 'system' })];
  const memory = levelOf(sink.upDownCounter(catalogue.memoryUsage).handle({}));
  const uptime = sink.gauge(catalogue.uptime).handle({});
  const heap = heapLevels(sink);
  const recordEventLoop = eventLoopRecorder(sink);
  // By itself: reading it takes a descriptor, and when there is none left the other numbers matter all the more.
  const stopMemory = sink.onCollect(() => memory.set(process.memoryUsage.rss()));
  const stop = sink.onCollect(() => {
    const used = process.cpuUsage();
    user.raiseTo(used.user / MICROSECONDS);
    system.raiseTo(used.system / MICROSECONDS);
    uptime.set(process.uptime());
    for (const { space_name, space_used_size } of getHeapSpaceStatistics()) heap(space_name).set(space_used_size);
    recordEventLoop(readEventLoop());
  });
  return () => {
    stopMemory();
    stop();
  };
}

/** The levels of the parts of the heap, which the engine names. */
function heapLevels(sink: MetricSink): (space: string) => Level {
  const family = sink.upDownCounter(catalogue.heapUsed);
  const levels = new Map<string, Level>();
  return (space) => {
    const known = levels.get(space) ?? levelOf(family.handle({ 'v8js.heap.space.name': space }));
    levels.set(space, known);
    return known;
  };
}

function eventLoopRecorder(sink: MetricSink): (reading: EventLoopReading) => void {
  const max = sink.gauge(catalogue.eventLoopDelayMax).handle({});
  const mean = sink.gauge(catalogue.eventLoopDelayMean).handle({});
  const stddev = sink.gauge(catalogue.eventLoopDelayStddev).handle({});
  const p50 = sink.gauge(catalogue.eventLoopDelayP50).handle({});
  const p90 = sink.gauge(catalogue.eventLoopDelayP90).handle({});
  const p99 = sink.gauge(catalogue.eventLoopDelayP99).handle({});
  const busyShare = sink.gauge(catalogue.eventLoopUtilization).handle({});
  const time = sink.counter(catalogue.eventLoopTime);
  const active = time.handle({ 'nodejs.eventloop.state': 'active' });
  const idle = time.handle({ 'nodejs.eventloop.state': 'idle' });
  return ({ delay, utilization, activeSeconds, idleSeconds }) => {
    max.set(delay.max);
    mean.set(delay.mean);
    stddev.set(delay.stddev);
    p50.set(delay.p50);
    p90.set(delay.p90);
    p99.set(delay.p99);
    busyShare.set(utilization);
    active.raiseTo(activeSeconds);
    idle.raiseTo(idleSeconds);
  };
}
