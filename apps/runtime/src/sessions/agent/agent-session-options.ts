import type { Dialogs } from '@sessiond/agent-core';
import type { AgentOptions } from '@sessiond/protocol';
import type { AgentHosting } from '../../agents/agent-hosting.ts';
import type { SessionEvent } from '../session-host.ts';

/** What a session is made of besides its agent. */
export interface AgentSessionOptions {
  readonly sessionId: string;
  /** The id of the principal that created it. */
  readonly owner: string;
  readonly name: string | undefined;
  /** Changes before this life of the session; default none. */
  readonly version?: number | undefined;
  /** RFC 3339; default now. */
  readonly createdAt?: string | undefined;
  readonly cwd: string;
  /** What lines of shell beside the agent are run with. */
  readonly env: Readonly<Record<string, string>>;
  readonly laneId: string;
  readonly terminalId: string;
  /** What was asked for. */
  readonly agent: AgentOptions;
  readonly retentionMs: number;
  readonly hosting: Pick<
    AgentHosting,
    | 'observer'
    | 'shell'
    | 'endTerminals'
    | 'abortMs'
    | 'dialogTimeoutMs'
    | 'maxDialogsPerSession'
    | 'logEvents'
    | 'logBytes'
  >;
  /** Places for dialogs that all sessions share. */
  readonly dialogPlaces: NonNullable<ConstructorParameters<typeof Dialogs>[0]['places']>;
  /** Takes what has no number. */
  readonly onEvent: (event: SessionEvent) => void;
  /** Called when what is on record of it changed: its name, its version, its model, its end. */
  readonly onChanged: () => void;
  /** Called whenever the last attachment was closed. */
  readonly onUnattached: () => void;
}
