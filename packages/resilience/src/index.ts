export {
  BoundedMap,
  type BoundedMapEntry,
  type BoundedMapOptions,
  type BoundedMapSnapshot,
  type EvictionReason,
} from './bounded-map.ts';
export { type Clock, monotonicNow } from './clock.ts';
export {
  InvalidOptionError,
  isRefusedError,
  isResilienceError,
  RefusedError,
  type ResilienceError,
  type ResilienceErrorCode,
} from './errors.ts';
export type { Hook } from './observe.ts';
export type { Outcome } from './outcome.ts';
export { isRefusal, type Refusal, type RefusalReason, type Refuser } from './refusal.ts';
