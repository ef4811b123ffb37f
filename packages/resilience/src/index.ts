export {
  BoundedMap,
  type BoundedMapEntry,
  type BoundedMapOptions,
  type BoundedMapSnapshot,
  type EvictionReason,
} from './bounded-map.ts';
export { Breaker, type BreakerSnapshot } from './breaker.ts';
export type {
  BreakerEvicted,
  BreakerHooks,
  BreakerOutcome,
  BreakerRefused,
  BreakerState,
  BreakerTransition,
  KeyedBreakerHooks,
  TransitionReason,
} from './breaker-events.ts';
export type { BreakerOptions } from './breaker-settings.ts';
export {
  type AcquireOptions,
  Bulkhead,
  type BulkheadHooks,
  type BulkheadOptions,
  type BulkheadSnapshot,
  type Slot,
  type Waited,
} from './bulkhead.ts';
export type { CircuitSnapshot } from './circuit.ts';
export { anyError, type CallerSignal, type Classify, timeoutOnly } from './classify.ts';
export { type Clock, monotonicNow } from './clock.ts';
export { Deadline, type DeadlineCallOptions, type DeadlineOptions, type DeadlineRun } from './deadline.ts';
export {
  DeadlineError,
  InvalidOptionError,
  isDeadlineError,
  isRefusedError,
  isResilienceError,
  RefusedError,
  type ResilienceError,
  type ResilienceErrorCode,
} from './errors.ts';
export type { ExecuteOptions } from './execute.ts';
export {
  Guard,
  type GuardBreaker,
  type GuardCallOptions,
  type GuardEnterOptions,
  type GuardEntry,
  type GuardLimiter,
  type GuardOptions,
  type GuardResult,
  type GuardSnapshot,
} from './guard.ts';
export {
  type GlobalBreakerOptions,
  HybridBreaker,
  type HybridBreakerOptions,
  type HybridBreakerSnapshot,
  type SessionBreakerOptions,
} from './hybrid-breaker.ts';
export { KeyedBreaker, type KeyedBreakerOptions, type KeyedBreakerSnapshot } from './keyed-breaker.ts';
export {
  type Hold,
  type HoldOptions,
  KeyedMutex,
  type KeyedMutexHooks,
  type KeyedMutexOptions,
  type KeyedMutexRefused,
  type KeyedMutexSnapshot,
} from './keyed-mutex.ts';
export type { Hook } from './observe.ts';
export type { Outcome } from './outcome.ts';
export type { Permit } from './permit.ts';
export {
  RateLimiter,
  type RateLimiterEvicted,
  type RateLimiterHooks,
  type RateLimiterOptions,
  type RateLimiterRefused,
  type RateLimiterSnapshot,
  type Reservation,
} from './rate-limiter.ts';
export { isRefusal, type Refusal, type RefusalReason, type Refuser } from './refusal.ts';
export type { CancelSignal, WorkSignal } from './signal.ts';
export type { Timers } from './timer.ts';
export {
  TokenBucket,
  type TokenBucketHooks,
  type TokenBucketOptions,
  type TokenBucketSnapshot,
  type TokenGrant,
} from './token-bucket.ts';
export type { DeadlineTerm, Work, WorkContext } from './work-run.ts';
