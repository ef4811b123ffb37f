import type { AlertEvent, AlertHandler } from '../alert-event.ts';
import type { AlertEventKind } from '../alert-state.ts';

/** Hands every event of `kinds` to a function; by default what people have to know. */
export function callbackAlertHandler(
  callback: (event: AlertEvent) => unknown,
  kinds?: readonly AlertEventKind[],
): AlertHandler {
  return kinds === undefined ? { handle: callback } : { handle: callback, kinds };
}
