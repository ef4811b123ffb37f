/**
 * How a call ended, as far as the health of what was called is concerned.
 *
 * `ignored` says nothing about it: a call that its caller cancelled, or that was refused before it began.
 */
export type Outcome = 'success' | 'failure' | 'ignored';
