import type { Clock } from '../clock.ts';
import { AgentFailedError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import { withEither } from '../with-either.ts';
import type { HostedStatus, HostOpen, HostVocabulary } from './channel/host-vocabulary.ts';
import type { PiChild, SessionOwner } from './pi-child.ts';

type HostRequests = HostVocabulary['requests'];

/** What is asked with a request, the session left out. */
export type SessionParams<K extends keyof HostRequests> = Omit<HostRequests[K][0], 'session'>;

/** What a {@link SessionLink} is made of. */
export interface SessionLinkOptions {
  readonly child: PiChild;
  /** What the owner calls the session. */
  readonly session: string;
  /** Takes what the session tells and asks. */
  readonly owner: SessionOwner;
  readonly clock: Clock;
  /** How long a request whose caller gave up is waited for. */
  readonly abortMs: number;
}

/** One session in the process that runs it now: what is asked of it, and whom it tells. */
export class SessionLink {
  readonly child: PiChild;
  readonly #options: SessionLinkOptions;
  readonly #detach: () => void;

  /** Its owner is told from now on. */
  constructor(options: SessionLinkOptions) {
    this.child = options.child;
    this.#options = options;
    this.#detach = options.child.attach(options.session, options.owner);
  }

  /**
   * Opens the session. A process that is told that nobody wants it any more closes it, however late it has opened it.
   * @throws what the process answers, AgentFailedError when it does not within `startMs`, and the signal's reason; its owner is told nothing more then.
   */
  async open(open: Omit<HostOpen, 'session'>, startMs: number, signal: AbortSignal): Promise<HostedStatus> {
    const late = new AbortController();
    const cancel = this.#options.clock.after(startMs, () =>
      late.abort(new AgentFailedError(`Cannot open agent: pi has not opened it within ${startMs} ms`)),
    );
    try {
      return await withEither(signal, late.signal, (either) => this.request('open', open, either));
    } catch (error) {
      this.detach();
      throw error;
    } finally {
      cancel();
    }
  }

  /** Asks, and waits for the answer however long it takes. @throws as `Peer.request`, once the end of a process that is gone was told. */
  async ask<K extends keyof HostRequests & string>(
    name: K,
    params: SessionParams<K>,
    signal?: AbortSignal,
  ): Promise<HostRequests[K][1]> {
    const { child, session } = this.#options;
    try {
      return await child.peer.request(name, { session, ...params } as unknown as HostRequests[K][0], signal);
    } catch (error) {
      if (child.isGone) await child.exited;
      throw error;
    }
  }

  /** Asks; a request whose caller gives up is told to end, and waited for a while. @throws as {@link ask}, and the signal's reason. */
  async request<K extends keyof HostRequests & string>(
    name: K,
    params: SessionParams<K>,
    signal: AbortSignal,
  ): Promise<HostRequests[K][1]> {
    signal.throwIfAborted();
    const { clock, abortMs } = this.#options;
    const answer = this.ask(name, params, signal);
    const settled = answer.then(
      () => {},
      () => {},
    );
    let giveUp = (): void => {};
    const givenUp = new Promise<void>((resolve) => {
      giveUp = () => resolve(settledWithin(clock, abortMs, settled));
    });
    signal.addEventListener('abort', giveUp, { once: true });
    await Promise.race([settled, givenUp]);
    signal.removeEventListener('abort', giveUp);
    signal.throwIfAborted();
    return answer;
  }

  /** Tells the owner nothing more. Idempotent. */
  detach(): void {
    this.#detach();
  }
}
