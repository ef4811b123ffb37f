import { countText, durationText } from '../quantity-text.ts';
import type { MetricReader } from './metric-reader.ts';
import type { Sample } from './sample.ts';

/** From this share of its places on, a bulkhead is worth a look. */
const CROWDED_SHARE = 0.8;

/** How fast a number grows. */
type Rate = (of: (reader: MetricReader) => number) => number;

/**
 * What of a daemon is not at rest, a sentence each, worst first: parts that are not well, breakers that are open, limiters and bulkheads
 * that refuse or keep waiting.
 */
export function unrest({ health, metrics: { admission } }: Sample, rate: Rate): string[] {
  return [
    ...health.checks
      .filter(({ status }) => status !== 'ok')
      .map(({ name, status, message }) => `${name} is ${status}${message === undefined ? '' : `: ${message}`}`),
    ...(admission?.breakers ?? []).flatMap(breaker),
    ...(admission?.limiters ?? []).flatMap(({ name }) =>
      refusing(
        `limiter ${name}`,
        rate((reader) => reader.value('sessiond.limiter.requests', { limiter: name, decision: 'refused' })),
      ),
    ),
    ...(admission?.bulkheads ?? []).flatMap((bulkhead) => [
      ...refusing(
        `bulkhead ${bulkhead.name}`,
        rate((reader) => reader.value('sessiond.bulkhead.refusals', { bulkhead: bulkhead.name })),
      ),
      ...crowded(bulkhead),
    ]),
  ];
}

type Admission = NonNullable<Sample['metrics']['admission']>;

function breaker({ name, state, keys, openKeys, retryAfterMs }: Admission['breakers'][number]): string[] {
  const lines: string[] = [];
  if (state === 'open') {
    const when = retryAfterMs === null ? '' : `; the next try is in ${durationText(retryAfterMs)}`;
    lines.push(`breaker ${name} is open for everybody${when}`);
  } else if (state === 'halfOpen') lines.push(`breaker ${name} tries whether it is over`);
  if (openKeys > 0) lines.push(`breaker ${name} is open for ${openKeys} of ${countText(keys, 'key')}`);
  return lines;
}

function refusing(who: string, perSecond: number): string[] {
  return perSecond > 0 ? [`${who} refuses ${perSecond.toFixed(1)} commands/s`] : [];
}

function crowded({ name, limit, usage, waiting }: Admission['bulkheads'][number]): string[] {
  if (waiting > 0) return [`bulkhead ${name} keeps ${countText(waiting, 'command')} waiting`];
  // Where each key has a place or two, as lanes have, the sum of their use says nothing.
  const isOfAll = limit !== null && limit > 10;
  return isOfAll && usage >= limit * CROWDED_SHARE
    ? [`bulkhead ${name} has ${usage.toLocaleString('en-US')} of ${countText(limit, 'place')} taken`]
    : [];
}
