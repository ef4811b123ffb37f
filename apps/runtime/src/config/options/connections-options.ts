import type { OptionTable } from '../option-spec.ts';
import { KIB, MIB } from '../units.ts';

/** What one connection and all of them may take. */
export interface ConnectionsConfig {
  readonly maxConnections: number;
  readonly connectionSharePercent: number;
  readonly maxMessageBytes: number;
  readonly inputBytesPerSecond: number | null;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** The rows of the table for {@link ConnectionsConfig}. */
export const connectionsOptions: OptionTable<ConnectionsConfig> = Object.freeze({
  maxConnections: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 100_000,
    default: 1000,
    help: 'Connections at the same time, requests that wait for the answer to a command among them.',
  },
  connectionSharePercent: {
    kind: 'integer',
    placeholder: 'percent',
    min: 1,
    max: 100,
    default: 90,
    help: 'The most that one principal may take of maxConnections, rounded up, so that others still get in.',
  },
  maxMessageBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 1 * KIB,
    // A message becomes one string, and the longest there can be has somewhat less than 512 MiB.
    max: 256 * MIB,
    default: 10 * MIB,
    help: 'Largest message a client may send.',
  },
  inputBytesPerSecond: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 64 * KIB,
    max: 1024 * MIB,
    noneWord: 'off',
    default: 16 * MIB,
    help: 'What is read from one connection per second; more waits at the client, nothing is lost.',
  },
  heartbeatMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: 3_600_000,
    default: 30_000,
    help: 'Time between two pings on one connection.',
  },
  heartbeatTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 50,
    max: 3_600_000,
    default: 10_000,
    help: 'Time a client has to react to a ping; not more than --heartbeat-ms.',
  },
});
