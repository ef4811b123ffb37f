import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Lets users in by a signature: `Authorization: Signed <user>.<HMAC-SHA-256 of the user, base64url>`. Each reaches the sessions that they
 * created, and those whose id begins with their name.
 *
 * Used as: sessiond --auth module --auth-module ./signed-users.js
 *
 * @type {import('@sessiond/runtime').CreateAuthProvider}
 */
export function createAuthProvider({ log }) {
  const secret = process.env.SIGNED_USERS_SECRET;
  if (!secret) throw new Error('SIGNED_USERS_SECRET is not set');
  log('users are known by their signature');
  return {
    async authenticate(request) {
      const [, user, signature] = /^Signed ([a-z]{1,32})\.([\w-]{43})$/.exec(request.headers.authorization ?? '') ?? [];
      const expected = createHmac('sha256', secret)
        .update(user ?? '')
        .digest();
      if (user === undefined || !timingSafeEqual(Buffer.from(signature, 'base64url'), expected)) {
        return { ok: false, message: 'A signed user is needed, as "Authorization: Signed <user>.<signature>"' };
      }
      const scopes = ['server:read', 'sessions:read', 'sessions:write', 'sessions:create'];
      return { ok: true, principal: { id: `user:${user}`, scopes, sessions: [`${user}-*`] } };
    },
  };
}
