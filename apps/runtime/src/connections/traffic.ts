/** What a message or frame carries; `raw` are the bytes of raw terminals. */
export type TrafficKind = 'message' | 'output' | 'input' | 'ack' | 'gap' | 'end' | 'raw';

/** Bytes of every kind. */
export type TrafficBytes = Record<TrafficKind, number>;

/**
 * What all connections have carried since the start, to be read now and then.
 *
 * Whoever sends or receives adds to a field: that is all the path of a keystroke pays for being counted. Bytes are those of
 * the message or frame, without what the transport adds to it.
 */
export class Traffic {
  readonly sent: TrafficBytes = nothing();
  readonly received: TrafficBytes = nothing();
  /** Output that clients missed; those that speak the protocol were told. */
  gapBytes = 0;
}

function nothing(): TrafficBytes {
  return { message: 0, output: 0, input: 0, ack: 0, gap: 0, end: 0, raw: 0 };
}
