import { agentWord } from '../../agent/agent-model.ts';
import { type AgentOptions, agentOptions } from '../../agent/agent-options.ts';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../../contract.ts';
import { exampleAgentSession } from '../../example-session.ts';
import { object, sessionId } from '../../fields.ts';
import { environment, workingDirectory } from '../../process-fields.ts';
import { type Retention, retention, sessionName } from '../../session-fields.ts';
import { type SessionInfo, sessionInfo } from '../../session-info.ts';

/** Takes a conversation up again: exactly one of `sessionPath`, `agentSessionId`, and neither for a session of an earlier run of the server. */
export interface LoadSessionCommand extends CommandEnvelope {
  readonly type: 'load_session';
  /** The file of the conversation, absolute, below the folders the server allows. */
  readonly sessionPath?: string;
  /** What the agent calls the conversation, where it keeps no files. */
  readonly agentSessionId?: string;
  readonly name?: string;
  /** Default the one of the conversation. */
  readonly cwd?: string;
  /** As in `create_session`. */
  readonly env?: Readonly<Record<string, string>>;
  /** As in `create_session`; default `pi`, or what the session had. */
  readonly agent?: AgentOptions;
  readonly retention?: Retention;
}

/** The session that now exists. */
export interface LoadSessionData {
  readonly sessionId: string;
  readonly session: SessionInfo;
}

/** Contract of `load_session`. */
export const loadSession: CommandContract<LoadSessionCommand, LoadSessionData> = contract({
  type: 'load_session',
  summary:
    'Takes up a conversation that an agent has kept: by its file, by the name the agent has for it, or, with the `sessionId` of a session of an earlier run alone, where that one was; name and model are those it had. A file outside the folders the server allows, one that is no conversation, and one that a session has open are refused.',
  appliesTo: 'server',
  lane: 'data',
  scope: 'sessions:create',
  exclusive: true,
  mutates: true,
  journalled: true,
  sessionAccess: 'give',
  timeoutClass: 'spawn',
  journalKeeps: ['sessionPath', 'agentSessionId', 'name', 'cwd', 'agent.backend', 'agent.model'],
  example: { type: 'load_session', id: 'c-92', sessionPath: '/srv/pi/sessions/a.jsonl' },
  exampleData: { sessionId: 'agent-1', session: exampleAgentSession },
  schema: () =>
    serverCommand<LoadSessionCommand>(
      'load_session',
      {},
      {
        sessionPath: workingDirectory,
        agentSessionId: agentWord,
        name: sessionName,
        cwd: workingDirectory,
        env: environment,
        agent: agentOptions,
        retention,
      },
    )
      .refine(({ sessionPath, agentSessionId }) => sessionPath === undefined || agentSessionId === undefined, {
        path: ['agentSessionId'],
        error: 'is only without sessionPath',
      })
      .refine(
        ({ sessionId: given, sessionPath, agentSessionId }) =>
          given !== undefined || sessionPath !== undefined || agentSessionId !== undefined,
        {
          path: ['sessionPath'],
          error: 'must name a conversation: one of sessionPath, agentSessionId and sessionId is needed',
        },
      ),
  dataSchema: () => object<LoadSessionData>({ sessionId, session: sessionInfo }),
});
