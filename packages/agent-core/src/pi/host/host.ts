import type { Readable, Writable } from 'node:stream';
import { AgentStateError } from '../../errors.ts';
import type {
  HostReady,
  HostStart,
  HostVocabulary,
  HostWorkspace,
  OwnerVocabulary,
} from '../channel/host-vocabulary.ts';
import { Peer } from '../channel/peer.ts';
import { perform } from './commands.ts';
import { type HostContext, HostedSession } from './hosted-session.ts';
import type { OwnerPeer } from './owner-peer.ts';
import type { Pi } from './pi-api.ts';
import { ProviderWatch } from './provider-watch.ts';
import { ShellOutputs } from './shell-outputs.ts';

/** What the process is made of. */
export interface HostOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Loads pi. @throws AgentUnavailableError saying what to install. */
  readonly load: (start: HostStart, watch: ProviderWatch) => Promise<{ readonly pi: Pi; readonly version: string }>;
  /** Makes a directory the one of the process. */
  readonly enter: (cwd: string) => void;
  /** The daemon is gone: there is nothing left to do. */
  readonly onClosed: () => void;
}

/** Runs sessions of pi for the daemon: as many as it opens, all in one workspace. */
export class Host {
  readonly #sessions = new Map<string, HostedSession>();
  readonly #peer: OwnerPeer;
  readonly #outputs = new ShellOutputs();
  readonly #watch = new ProviderWatch();
  #started: { readonly pi: Pi; readonly start: HostStart } | undefined;
  #workspace: HostWorkspace | undefined;

  constructor({ input, output, load, enter, onClosed }: HostOptions) {
    this.#peer = new Peer<HostVocabulary, OwnerVocabulary>({
      input,
      output,
      onClosed,
      requests: {
        start: async (start): Promise<HostReady> => {
          const { pi, version } = await load(start, this.#watch);
          this.#started = { pi, start };
          return { version };
        },
        workspace: (workspace) => {
          enter(workspace.cwd);
          this.#workspace = workspace;
          return null;
        },
        open: async (open, signal) => {
          if (this.#sessions.has(open.session)) throw new AgentStateError('Cannot open agent: it is open already');
          const hosted = await HostedSession.open(this.#context(), open);
          if (signal.aborted) {
            await hosted.close();
            throw new AgentStateError('Cannot open agent: nobody wants it any more');
          }
          this.#sessions.set(open.session, hosted);
          return hosted.status;
        },
        prompt: ({ session, ...message }, signal) => this.#get(session).prompt(message, signal),
        steer: async ({ session, ...message }) => {
          await this.#get(session).steer(message);
          return null;
        },
        followUp: async ({ session, ...message }) => {
          await this.#get(session).followUp(message);
          return null;
        },
        abort: ({ session }) => this.#get(session).abort(),
        perform: ({ session, command }, signal) =>
          perform(command, { hosted: this.#get(session), watch: this.#watch, signal }),
        rename: ({ session, name }) => {
          this.#get(session).rename(name);
          return null;
        },
        recordBash: ({ session, ...run }) => {
          this.#get(session).recordBash(run);
          return null;
        },
        close: async ({ session }) => {
          const hosted = this.#get(session);
          this.#sessions.delete(session);
          await hosted.close();
          return null;
        },
      },
      tells: {
        output: ({ shell, data }) => this.#outputs.take(shell, Buffer.from(data, 'base64')),
      },
    });
  }

  /** Tells all sessions that code of an extension failed where nobody waits for it. */
  report(message: string): void {
    for (const session of this.#sessions.keys()) {
      this.#peer.tell('events', { session, events: [{ type: 'extension_error', message }] });
    }
  }

  #get(session: string): HostedSession {
    const hosted = this.#sessions.get(session);
    if (hosted === undefined) throw new AgentStateError('Cannot use agent: it is not open');
    return hosted;
  }

  #context(): HostContext {
    if (this.#started === undefined || this.#workspace === undefined) {
      throw new AgentStateError('Cannot open agent: its process has no workspace yet');
    }
    return {
      ...this.#started,
      workspace: this.#workspace,
      peer: this.#peer,
      outputs: this.#outputs,
      watch: this.#watch,
    };
  }
}
