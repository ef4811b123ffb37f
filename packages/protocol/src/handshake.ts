import * as z from 'zod';
import { type Scope, scopes } from './contract.ts';
import { flag, id, integer, list, object, oneOf, text } from './fields.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** The limits a client has to know to stay within them. */
export interface ServerLimits {
  /** Largest message the server reads, text or bytes. */
  readonly maxMessageBytes: number;
  /** Commands of one connection that may be unanswered at a time. */
  readonly maxPendingCommands: number;
}

/** Who the server takes the connection for. */
export interface PrincipalInfo {
  readonly id: string;
  readonly scopes: readonly Scope[];
}

/**
 * How far a server remembers the commands that were sent to it: what a client has to know to send one again after a lost connection
 * without having it done twice.
 */
export interface ServerMemory {
  /** Names this run of the server. Another run remembers at most what was recorded durably. */
  readonly runId: string;
  /** Milliseconds back from this message within which no outcome of this run is forgotten; absent while none is. */
  readonly reachMs?: number;
}

/** What a server tells about itself. */
export interface ServerReadyData {
  readonly serverVersion: string;
  readonly protocolVersion: string;
  readonly connectionId: string;
  /** The transports the server offers, for example `websocket`, `unix`, `stdio`. */
  readonly transports: readonly string[];
  /** What it can do beyond the base of its protocol version; names a client does not know are ignored. */
  readonly capabilities: readonly string[];
  readonly limits: ServerLimits;
  readonly principal: PrincipalInfo;
  /** Absent from a server that does not say; a client then takes each connection for one to another run. */
  readonly memory?: ServerMemory;
}

/** The first message on every connection, from the server. */
export interface ServerReady {
  readonly type: 'server_ready';
  readonly data: ServerReadyData;
}

/** Of which of its own commands a connection is told when they are accepted, started and finished. */
export type CommandEventsWish = 'none' | 'data' | 'all';

/** Optional first message of a client; answered only if it is refused. */
export interface Hello {
  readonly type: 'hello';
  readonly protocolVersion: string;
  /** `name/version`, for logs. */
  readonly client?: string;
  /** The lifecycle events this connection wants of its own commands: of those in the data lane, which is the default, of all, or of none. */
  readonly commandEvents?: CommandEventsWish;
  /** Whether this connection wants the lifecycle events of commands that others send, too; needs the scope `commands:watch`. */
  readonly watchCommands?: boolean;
}

/** Builds the first message of a connection; the protocol version is this package's own. */
export function serverReady(data: Omit<ServerReadyData, 'protocolVersion'>): ServerReady {
  return { type: 'server_ready', data: { protocolVersion: PROTOCOL_VERSION, ...data } };
}

/** Schema of {@link Hello}. */
export const helloSchema: z.ZodType<Hello> = object<Hello>(
  {
    type: oneOf(['hello']),
    protocolVersion: text({ max: 32, pattern: /^\d+\.\d+\.\d+$/, error: 'must be a version such as 1.0.0' }),
  },
  {
    client: text({
      max: 128,
      pattern: /^[\x20-\x7e]+$/,
      error: 'must be 1 to 128 printable ASCII characters',
    }),
    commandEvents: oneOf(['none', 'data', 'all']),
    watchCommands: flag,
  },
);

const words = list(z.string(), 1000);

/** Schema of {@link ServerReady}. */
export const serverReadySchema: z.ZodType<ServerReady> = object<ServerReady>({
  type: oneOf(['server_ready']),
  data: object<ServerReadyData>(
    {
      serverVersion: z.string(),
      protocolVersion: z.string(),
      connectionId: id,
      transports: words,
      capabilities: words,
      limits: object<ServerLimits>({
        maxMessageBytes: integer(1, Number.MAX_SAFE_INTEGER),
        maxPendingCommands: integer(1, Number.MAX_SAFE_INTEGER),
      }),
      principal: object<PrincipalInfo>({ id: z.string(), scopes: list(oneOf(Object.keys(scopes) as Scope[]), 100) }),
    },
    { memory: object<ServerMemory>({ runId: id }, { reachMs: z.number() }) },
  ),
});
