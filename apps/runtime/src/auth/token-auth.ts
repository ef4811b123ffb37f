import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AuthProvider, type AuthResult, OWNER } from './auth-provider.ts';
import { digestOf, presentedToken } from './credential.ts';
import type { NamedTokens } from './named-tokens.ts';

const ALLOWED: AuthResult = Object.freeze({ ok: true, principal: OWNER });

const REFUSED: AuthResult = Object.freeze({
  ok: false,
  message:
    'A valid token is needed, as "Authorization: Bearer <token>" or as the WebSocket subprotocol "sessiond.token.<token>"',
});

/**
 * Lets in whoever shows a token: that of the owner, or one of the token file. In the `Authorization` header, or, because browsers cannot set that
 * on a WebSocket, as a subprotocol; never in the URL, which ends up in logs.
 *
 * Compares digests in constant time, so that neither length nor a common prefix can be measured.
 */
export class TokenAuth implements AuthProvider {
  readonly #digest: Buffer;
  readonly #named: Pick<NamedTokens, 'find'> | undefined;

  constructor(token: string, named?: Pick<NamedTokens, 'find'>) {
    this.#digest = digestOf(token);
    this.#named = named;
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    const presented = presentedToken(request);
    if (presented === null) return REFUSED;
    const digest = digestOf(presented);
    const isOwner = timingSafeEqual(digest, this.#digest);
    const principal = this.#named?.find(digest);
    if (isOwner) return ALLOWED;
    return principal === undefined ? REFUSED : { ok: true, principal };
  }
}
