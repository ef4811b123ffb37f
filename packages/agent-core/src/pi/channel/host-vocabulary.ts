import type { AgentEvent, DialogAnswer } from '@sessiond/protocol';
import type { AgentStatus, DialogQuestion, PromptOutcome, UserMessage } from '../../backend.ts';

/** What the process that runs pi is told once, before anything else. */
export interface HostStart {
  /** The folder of the package of pi. */
  readonly packageDir: string;
  /** Where pi keeps settings, keys and conversations. */
  readonly agentDir: string;
  /** How long a provider may be silent. */
  readonly silenceMs: number;
}

/** What it has found. */
export interface HostReady {
  readonly version: string;
}

/** The workspace it serves from then on. */
export interface HostWorkspace {
  readonly cwd: string;
  /** Whether code of the workspace may run. */
  readonly trusted: boolean;
}

/** A conversation to begin or to go on with. */
export interface HostOpen {
  readonly session: string;
  readonly name?: string;
  readonly model?: string;
  readonly thinkingLevel?: string;
  readonly sessionFile?: string;
}

/** What a process knows of the status of a session in it. */
export type HostedStatus = Omit<AgentStatus, 'phase' | 'transitions' | 'pid' | 'restarts' | 'lastExit' | 'lastError'>;

/** What the daemon asks and tells the process that runs pi. */
export type HostVocabulary = {
  readonly requests: {
    start: [HostStart, HostReady];
    workspace: [HostWorkspace, null];
    open: [HostOpen, HostedStatus];
    prompt: [{ readonly session: string } & UserMessage, PromptOutcome];
    steer: [{ readonly session: string } & UserMessage, null];
    followUp: [{ readonly session: string } & UserMessage, null];
    abort: [{ readonly session: string }, boolean];
    perform: [{ readonly session: string; readonly command: { readonly type: string } }, unknown];
    rename: [{ readonly session: string; readonly name: string }, null];
    recordBash: [
      {
        readonly session: string;
        readonly command: string;
        readonly output: string;
        readonly exitCode: number | null;
        readonly truncated: boolean;
      },
      null,
    ];
    close: [{ readonly session: string }, null];
  };
  readonly tells: {
    /** More output of a line of shell, base64. */
    output: { readonly shell: number; readonly data: string };
  };
};

/** What the process asks and tells the daemon. */
export type OwnerVocabulary = {
  readonly requests: {
    ask: [{ readonly session: string; readonly question: DialogQuestion }, DialogAnswer];
    shell: [
      {
        readonly session: string;
        /** Names its output. */
        readonly shell: number;
        readonly command: string;
        readonly cwd: string;
        /** Variables on top of those the commands of tools have. */
        readonly env: Readonly<Record<string, string>>;
        readonly timeoutMs?: number;
      },
      { readonly exitCode: number | null },
    ];
  };
  readonly tells: {
    events: { readonly session: string; readonly events: readonly AgentEvent[] };
    status: { readonly session: string; readonly status: HostedStatus };
  };
};
