import type { PtyState as PtyStateOnWire } from '@sessiond/protocol';
import type { PtyState } from '@sessiond/pty-core';

/** A PTY forks within its constructor, so nobody ever sees it idle; the wire has no word for that. */
export function wireState(state: PtyState): PtyStateOnWire {
  return state === 'idle' ? 'spawning' : state;
}
