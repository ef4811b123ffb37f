import * as z from 'zod';
import {
  commandId,
  type FieldArguments,
  fromShape,
  id,
  integer,
  list,
  MAX_DURATION_MS,
  type OptionalFields,
  sessionId,
  shape,
} from './fields.ts';

/** The fields every command may carry beside its own. */
export interface CommandEnvelope {
  /** Names the command; comes back in the response. One id has one outcome: sent again, the same command is answered from memory. */
  readonly id?: string;
  /** The session the command is for. */
  readonly sessionId?: string;
  /** Ids of commands that must have succeeded before this one runs; at most 32. */
  readonly dependsOn?: readonly string[];
  /** Run only if the session has this version when execution starts. */
  readonly ifSessionVersion?: number;
  /** Names the intention: a second command with this key is answered with the outcome of the first, whatever its id. */
  readonly idempotencyKey?: string;
  /** Milliseconds from the start of execution to its end; without it the default of the command's timeout class. */
  readonly timeoutMs?: number;
}

/** The envelope of a command that is for one session. */
export interface SessionCommandEnvelope extends CommandEnvelope {
  /** The session the command is for. */
  readonly sessionId: string;
}

/** What a principal may be allowed to do. */
export type Scope = 'server:read' | 'sessions:read' | 'sessions:write' | 'sessions:create' | 'commands:watch' | 'admin';

/** Every scope with what it allows. */
export const scopes: Readonly<Record<Scope, string>> = Object.freeze({
  'server:read': 'read health, metrics and limits of the server',
  'sessions:read': 'list sessions, read their state and output, follow their events',
  'sessions:write': 'act on sessions: send input, sizes and signals, run commands in them, rename, end and delete them',
  'sessions:create': 'create sessions',
  'commands:watch': 'see the lifecycle events of commands that others sent',
  admin: 'everything, on the sessions of everybody',
});

/** How long a command may take when it does not say so itself. */
export type TimeoutClass = 'quick' | 'spawn' | 'stop' | 'shell' | 'turn' | 'wait';

/** Default milliseconds from start to end of execution; `null` means as long as the connection lives. */
export const defaultTimeoutsMs: Readonly<Record<TimeoutClass, number | null>> = Object.freeze({
  /** Answers from memory. */
  quick: 10_000,
  /** Starts a process. */
  spawn: 30_000,
  /** Ends a process; the grace period asked for comes on top. */
  stop: 30_000,
  /** Runs what a client chose; a server may have another default. */
  shell: 120_000,
  /** Has an agent work; a server may have another default. */
  turn: 3_600_000,
  /** Waits for something that may never happen. */
  wait: null,
});

/**
 * What the session that a command names must be to its principal: one that it may `reach`, an id that it may `give`, or `any` at all,
 * because the command only lets go of it or names it as a label.
 */
export type SessionAccess = 'reach' | 'give' | 'any';

/** What a command is for, and therefore whether it needs a session and of which kind. */
export type CommandTarget = 'server' | 'session' | 'pty' | 'agent';

/**
 * Everything that is to be known about one command; no other place knows anything about it.
 *
 * `C` is the command, `D` the data of its successful response.
 */
export interface CommandContract<
  C extends CommandEnvelope & { readonly type: string } = CommandEnvelope & { readonly type: string },
  D = unknown,
> {
  readonly type: C['type'];
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly appliesTo: CommandTarget;
  /** `data` commands of a session run one at a time in order; `control` commands never wait behind them. */
  readonly lane: 'control' | 'data';
  /** Whether it draws on budgets and can be refused by limiters, bulkheads and breakers; what tells how the server is, or only takes work from it, never is. */
  readonly limited: boolean;
  /** The scope every use needs; {@link CommandContract.scopeOf} may ask for more. `null`: whoever is known may. */
  readonly scope: Scope | null;
  readonly sessionAccess: SessionAccess;
  /** Whether it makes, loads or ends the session of its id, so that no other such command for this id may run beside it. */
  readonly exclusive: boolean;
  /** Whether success changes the version of the session. */
  readonly mutates: boolean;
  readonly timeoutClass: TimeoutClass;
  /**
   * How long the command may take to answer for itself after its deadline or a cancellation, because it knows more than that;
   * 0: it is answered at once.
   */
  readonly lastWordMs: number;
  /** Whether command and outcome are recorded durably. */
  readonly journalled: boolean;
  /**
   * Whether its acceptance must be on record before it runs, because what it does outlives the server or reaches beyond it. Where that is not
   * so, a command that an end of the server interrupts has left nothing behind, and may as well never have been sent.
   */
  readonly recordedFirst: boolean;
  /** The own fields a journal may keep, as dotted paths; everything else is left out of the record. */
  readonly journalKeeps: readonly string[];
  /** Whether an audit log says who sent it: what changes something, or takes hold of a terminal. */
  readonly audited: boolean;
  /**
   * Whom the outcome means something to: `principal`, or only the `connection` that asked, because it hands out something of
   * that connection. A `connection` outcome is never replayed to another one.
   */
  readonly outcomeScope: 'principal' | 'connection';
  /** A valid command, for documentation, tests and warming up. */
  readonly example: C;
  /** What a successful response to the example could carry. */
  readonly exampleData: D;
  /** Accepts the command; fields it does not name are dropped. Built and compiled at first use, which takes about a millisecond. */
  readonly schema: z.ZodType<C>;
  /** Describes the data of a successful response. Built at first use. */
  readonly dataSchema: z.ZodType<D>;
  /** The scope that this very command needs; `null` for none. */
  scopeOf(command: C): Scope | null;
}

/** What a contract may leave out because it is as usual. */
type Usual =
  | 'lane'
  | 'limited'
  | 'exclusive'
  | 'mutates'
  | 'timeoutClass'
  | 'lastWordMs'
  | 'journalled'
  | 'recordedFirst'
  | 'journalKeeps'
  | 'outcomeScope'
  | 'audited'
  | 'sessionAccess'
  | 'scopeOf';

/** What a command file says about its command. */
type ContractParts<C extends CommandEnvelope & { readonly type: string }, D> = Omit<
  CommandContract<C, D>,
  Usual | 'schema' | 'dataSchema'
> &
  Partial<Pick<CommandContract<C, D>, Usual>> & {
    readonly schema: () => z.ZodType<C>;
    readonly dataSchema: () => z.ZodType<D>;
  };

/**
 * Completes a contract.
 *
 * As usual means: control lane, limited, beside any other, changes nothing, quick, no last word, not journalled (and else recorded first), outcome for the
 * principal, one scope for every use, and carried out on the session it names, if it is a command for one.
 */
export function contract<C extends CommandEnvelope & { readonly type: string }, D extends object>(
  parts: ContractParts<C, D>,
): CommandContract<C, D> {
  const { schema, dataSchema, ...own } = parts;
  // Compiled, a schema is 10 to 17 times as fast as through zod's interpreter.
  const compiledSchema = once(() => z.compile(schema()));
  const builtDataSchema = once(dataSchema);
  return Object.freeze({
    lane: 'control',
    limited: true,
    exclusive: false,
    mutates: false,
    timeoutClass: 'quick',
    lastWordMs: 0,
    journalled: false,
    recordedFirst: parts.journalled ?? false,
    journalKeeps: [],
    outcomeScope: 'principal',
    audited: own.mutates ?? false,
    sessionAccess: own.appliesTo === 'server' ? 'any' : 'reach',
    scopeOf: () => own.scope,
    ...own,
    get schema(): z.ZodType<C> {
      return compiledSchema();
    },
    get dataSchema(): z.ZodType<D> {
      return builtDataSchema();
    },
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const envelopeSchemas: OptionalFields<CommandEnvelope> = {
  id: commandId,
  sessionId,
  dependsOn: list(commandId, 32),
  ifSessionVersion: integer(0, Number.MAX_SAFE_INTEGER),
  idempotencyKey: id,
  timeoutMs: integer(1, MAX_DURATION_MS),
};
const envelopeFields = shape([{}, envelopeSchemas]);

type OwnFields<C> = FieldArguments<Omit<C, keyof CommandEnvelope | 'type'>>;

/** The schema of a command of the server, from its own fields. */
export function serverCommand<C extends CommandEnvelope & { readonly type: string }>(
  type: C['type'],
  ...own: OwnFields<C>
): z.ZodType<C> {
  return fromShape({ type: z.literal(type), ...envelopeFields, ...shape(own) });
}

/** The schema of a command for one session, from its own fields. */
export function sessionCommand<C extends SessionCommandEnvelope & { readonly type: string }>(
  type: C['type'],
  ...own: OwnFields<C>
): z.ZodType<C> {
  return fromShape({ type: z.literal(type), ...envelopeFields, sessionId, ...shape(own) });
}
