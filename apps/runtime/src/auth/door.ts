import type { IncomingMessage } from 'node:http';
import { type AuditLog, noAuditLog } from '../audit/audit-log.ts';
import { type Refusal, requestUrl } from '../http/refusal.ts';
import type { Logger } from '../logger.ts';
import type { AuthProvider, Principal } from './auth-provider.ts';
import { type AuthenticationFailure, authenticate } from './authenticate.ts';
import { presentedCredential } from './credential.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import type { RemoteAddressOf } from './remote-address.ts';
import { offeredTicket } from './subprotocol.ts';

/** Why a door stayed closed. */
export type DoorRefusal = AuthenticationFailure | 'limited';

/** Somebody who may come in. */
export interface Identified {
  readonly ok: true;
  readonly principal: Principal;
  /** `null` where it cannot be known. */
  readonly remoteAddress: string | null;
}

/** Who stands at the door, or what to answer. */
export type Identification = Identified | { readonly ok: false; readonly refusal: Refusal };

/** What a door is made of. */
export interface DoorOptions {
  readonly provider: AuthProvider;
  readonly logger: Logger;
  /** Default: nowhere, as on a Unix socket. */
  readonly remoteAddress?: RemoteAddressOf;
  /** Default: who guesses is not slowed down, because there is nothing to guess. */
  readonly failures?: FailureLimiter;
  /** Somebody was not let in. */
  readonly onRefused: (reason: DoorRefusal) => void;
  readonly audit?: Pick<AuditLog, 'record'>;
}

/** When to come back to a provider that failed. */
const PROVIDER_RETRY_SECONDS = 1;

/** Of addresses that guess, one line in the log for so long. */
const LOG_EVERY_MS = 10_000;

/**
 * The one way in for everything that comes over HTTP, WebSockets included: finds out who sends a request.
 *
 * A wrong credential is answered with 401, too many of them from one address with 429 before the next is looked at, and a provider that
 * fails or takes too long with 503, because that is not the fault of whoever asks.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #remoteAddress: RemoteAddressOf;
  readonly #audit: Pick<AuditLog, 'record'>;
  #nextLogMs = 0;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#remoteAddress = options.remoteAddress ?? (() => null);
    this.#audit = options.audit ?? noAuditLog;
  }

  /** Asks the provider, unless the address guesses. Never rejects. */
  async identify(request: IncomingMessage): Promise<Identification> {
    const { provider, logger, failures } = this.#options;
    const remoteAddress = this.#remoteAddress(request);
    const credential = presentedCredential(request);
    const attempt =
      failures === undefined || remoteAddress === null || credential === null
        ? undefined
        : failures.attempt(remoteAddress, credential);
    if (attempt?.ok === false) return this.#limited(request, remoteAddress, attempt.retryAfterMs);
    const result = await authenticate(provider, request, logger);
    if (result.ok) {
      attempt?.succeeded();
      const principalId = result.principal.id;
      if (offeredTicket(request) !== null) this.#audit.record({ event: 'ticket.used', principalId, remoteAddress });
      return { ok: true, principal: result.principal, remoteAddress };
    }
    if (result.reason === 'credentials') attempt?.failed();
    else attempt?.undecided();
    return this.#refused(request, remoteAddress, result.reason, refusalOf(result.reason, result.message));
  }

  #limited(request: IncomingMessage, remoteAddress: string | null, retryAfterMs: number): Identification {
    const now = performance.now();
    if (now >= this.#nextLogMs) {
      this.#nextLogMs = now + LOG_EVERY_MS;
      this.#options.logger.warn(
        { event: 'auth.limited', remoteAddress },
        'an address brings too many wrong credentials',
      );
    }
    return this.#refused(request, remoteAddress, 'limited', {
      code: 'RATE_LIMITED',
      message: 'Too many wrong credentials came from this address; try again later',
      headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
    });
  }

  #refused(
    request: IncomingMessage,
    remoteAddress: string | null,
    reason: DoorRefusal,
    refusal: Refusal,
  ): Identification {
    this.#options.onRefused(reason);
    this.#audit.record({
      event: 'refused',
      reason,
      code: refusal.code,
      action: requestUrl(request)?.pathname.slice(0, 256) ?? '',
      remoteAddress,
    });
    return { ok: false, refusal };
  }
}

function refusalOf(reason: AuthenticationFailure, message: string): Refusal {
  if (reason === 'credentials') {
    return { code: 'UNAUTHENTICATED', message, headers: { 'www-authenticate': 'Bearer' } };
  }
  if (reason === 'forbidden') return { code: 'FORBIDDEN', message };
  return { code: 'INTERNAL', status: 503, message, headers: { 'retry-after': String(PROVIDER_RETRY_SECONDS) } };
}
