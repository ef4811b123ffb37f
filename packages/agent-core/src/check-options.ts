import { InvalidOptionError } from '@sessiond/resilience';
import { MAX_TIMER_MS } from './clock.ts';

/** The value, if it is an integer of at least `min`. @throws InvalidOptionError naming the option otherwise. */
export function checkedInteger(action: string, option: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new InvalidOptionError(action, option, value, `allowed are integers of at least ${min}`);
}

/** The value, if a timer can be that long. @throws InvalidOptionError naming the option otherwise. */
export function checkedDelay(action: string, option: string, value: number): number {
  if (value >= 0 && value <= MAX_TIMER_MS) return value;
  throw new InvalidOptionError(action, option, value, 'allowed are milliseconds from 0 to 2,147,483,647');
}

/** The value, if a timer can be that long or none is wanted. @throws InvalidOptionError naming the option otherwise. */
export function optionalDelay(action: string, option: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : checkedDelay(action, option, value);
}
