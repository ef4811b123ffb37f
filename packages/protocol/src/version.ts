/**
 * The version of the wire protocol this package speaks, as `major.minor.patch`.
 *
 * A minor version only adds: fields, commands, events, error codes. A major version may change what exists.
 */
export const PROTOCOL_VERSION = '1.0.0';

const VERSION_PATTERN = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/**
 * Whether a peer that speaks `version` can be understood.
 *
 * True exactly when `version` is `major.minor.patch` and its major equals ours: both sides ignore what a newer minor added.
 * Anything else, including text that is no version, is false; never throws.
 */
export function isCompatible(version: string): boolean {
  const peer = VERSION_PATTERN.exec(version);
  return peer !== null && peer[1] === PROTOCOL_VERSION.slice(0, PROTOCOL_VERSION.indexOf('.'));
}
