import type { UpDownCounter } from '@sessiond/metrics-sinks';

/** A series of an up-down counter that follows what something else keeps. */
export interface Level {
  /** The value is this now. */
  set(value: number): void;
}

/**
 * Lets one owner set an up-down counter: it adds the difference to what it set last. For amounts that can be added up over several daemons,
 * which a gauge could not say.
 */
export function levelOf(series: UpDownCounter): Level {
  let last = 0;
  return {
    set(value) {
      series.add(value - last);
      last = value;
    },
  };
}
