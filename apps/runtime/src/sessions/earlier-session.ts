import type { Command, ExitInfo, ResponseDataOf, SessionKind, SessionState } from '@sessiond/protocol';
import type { HostedSession } from './hosted-session.ts';
import type { AttachmentHandlers, SessionAttachment, SessionFacts } from './session-host.ts';
import type { SessionRecord } from './session-record.ts';

/** The way a program ended of which nobody knows. */
export const LOST: ExitInfo = Object.freeze({ exitCode: null, signal: null, reason: 'lost' });

/** What a session of an earlier run tells. */
export interface EarlierSessionHooks {
  /** What is on record of it changed. */
  readonly onChanged: (session: HostedSession) => void;
  /** The last client let go of it. */
  readonly onUnattached: (session: HostedSession) => void;
}

/** A finished session of an earlier run of the server, of whatever kind: all that is left of it is its record, and it can be named anew. */
export abstract class EarlierSession<R extends SessionRecord> implements HostedSession {
  abstract readonly kind: SessionKind;
  readonly sessionId: string;
  /** As it was found. */
  protected readonly found: R;
  readonly #hooks: EarlierSessionHooks;
  #name: string | undefined;
  #version: number;
  #attached = 0;

  constructor(record: R, hooks: EarlierSessionHooks) {
    this.sessionId = record.info.sessionId;
    this.found = record;
    this.#hooks = hooks;
    this.#name = record.info.name;
    this.#version = record.info.version;
  }

  get retentionMs(): number {
    return this.found.info.retention.afterExitMs;
  }

  get seq(): number {
    return this.found.seq;
  }

  get attached(): number {
    return this.#attached;
  }

  get finished(): boolean {
    return true;
  }

  facts(): SessionFacts {
    const { owner, streamId } = this.found.info;
    return { owner, instance: streamId, version: this.#version };
  }

  abstract info(): R['info'];
  abstract state(): SessionState;
  abstract record(): R;
  abstract attach(request: Command<'attach'>, handlers: AttachmentHandlers): SessionAttachment;

  eventsAfter(): readonly [] {
    return [];
  }

  rename(name: string): R['info'] {
    this.#name = name;
    this.#version += 1;
    this.#hooks.onChanged(this);
    return this.info();
  }

  async terminate(): Promise<ResponseDataOf<'terminate'>> {
    const { end, exit = LOST } = this.found.info;
    return { exit, forceKilled: false, endOffset: end };
  }

  /** What of its description is no longer as it was found. */
  protected changes(): {
    readonly name?: string;
    readonly version: number;
    readonly start: number;
    readonly attached: number;
  } {
    const name = this.#name !== undefined && { name: this.#name };
    return { ...name, version: this.#version, start: this.found.info.end, attached: this.#attached };
  }

  /** A client has a place in what is left of its output. @returns how to give that up; idempotent. */
  protected holdPlace(): () => void {
    let isHeld = true;
    this.#attached += 1;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#attached -= 1;
      if (this.#attached === 0) this.#hooks.onUnattached(this);
    };
  }
}
