import type { AgentEventType, DialogAnswer } from '@sessiond/protocol';
import type { Agent, AgentBackend, OpenAgent } from '../src/backend.ts';

/** One backend with what it needs, made for one test. */
export interface AgentBench {
  readonly backend: AgentBackend;
  /** Opens an agent with it; tests change the `sessionId`. */
  readonly request: OpenAgent;
  /** Takes everything down that is not the backend's. */
  readonly close: () => Promise<void>;
}

/**
 * What an agent is to be told so that it does something; what a kind of agent cannot do is left out. The model behind it, or the agent itself, is the test's own, and
 * does what it is told word for word.
 */
export interface AgentWords {
  /** Answers with this text and nothing else. */
  readonly say: (text: string) => string;
  /** Answers with more than 2,000 characters in more than 50 pieces. */
  readonly stream: string;
  /** Waits until it is aborted; has begun to work by then. */
  readonly hang: string;
  /** Waits, and since an event of this type does not stop when it is told to: it has to be ended with its process. */
  readonly stubborn?: { readonly message: string; readonly since: AgentEventType };
  /** Runs a line of shell with a tool, and then answers. */
  readonly shell?: (line: string) => string;
  /** Asks a person; `answer` is one that the question allows, and `said` comes of it. */
  readonly dialog?: { readonly message: string; readonly answer: DialogAnswer; readonly said: RegExp };
  /** Has the provider of the model answer with this status. */
  readonly fail?: (status: number) => string;
  /** Has the process of the agent end in the middle; with `kill` that is done once the agent works. */
  readonly crash: { readonly message: string; readonly kill?: (agent: Agent) => void };
  /** Works until it is steered, so that what is queued can be seen to wait. */
  readonly queue?: string;
}

/** How the agents of a backend are tested. */
export interface AgentHarness {
  readonly words: AgentWords;
  /** `firstTokenMs`: that of the backend; default: none. */
  readonly open: (options?: { readonly firstTokenMs?: number }) => Promise<AgentBench>;
}
