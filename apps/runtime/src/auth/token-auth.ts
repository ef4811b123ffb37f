import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AuthProvider, type AuthResult, OWNER } from './auth-provider.ts';
import { digestOf, presentedToken } from './credential.ts';

const ALLOWED: AuthResult = Object.freeze({ ok: true, principal: OWNER });

const REFUSED: AuthResult = Object.freeze({
  ok: false,
  message:
    'A valid token is needed, as "Authorization: Bearer <token>" or as the WebSocket subprotocol "sessiond.token.<token>"',
});

/**
 * Lets in whoever shows the token: in the `Authorization` header, or, because browsers cannot set that on a WebSocket, as a subprotocol.
 * Never in the URL, which ends up in logs.
 *
 * Compares digests in constant time, so that neither length nor a common prefix can be measured.
 */
export class TokenAuth implements AuthProvider {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    const presented = presentedToken(request);
    return presented !== null && timingSafeEqual(digestOf(presented), this.#digest) ? ALLOWED : REFUSED;
  }
}
