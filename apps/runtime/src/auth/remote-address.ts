import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { canonicalAddress } from './address.ts';
import { containsAddress } from './address-list.ts';

/** Finds out from where a request really comes; `null` when that cannot be known, as on a Unix socket. */
export type RemoteAddressOf = (request: IncomingMessage) => string | null;

/** Why the addresses of clients behind a proxy are not known: it is none of those that are trusted, or sends no `X-Forwarded-For`. */
export type ProxyDoubt = 'untrusted' | 'silent';

/** The address of the other end of the socket. */
export const peerAddress: RemoteAddressOf = ({ socket }) => canonicalAddress(socket.remoteAddress ?? '');

/**
 * The address of the client behind a proxy: the last entry of `X-Forwarded-For`, which is the one that the proxy itself has added; what
 * stands before it came from the client and may be invented. Only where the other end of the socket is one of the proxies: anybody
 * else is who they are.
 *
 * Some proxies add the port (`192.0.2.7:4000`, `[2001:db8::7]:4000`), which is left out. `null` when a proxy does not say whom it speaks for.
 *
 * `onDoubt` is told of each of the two ways to set this up wrongly, once: that somebody speaks for others who is no proxy, and that a proxy does not.
 */
export function addressBehind(proxies: BlockList, onDoubt: (doubt: ProxyDoubt) => void = () => {}): RemoteAddressOf {
  const told = new Set<ProxyDoubt>();
  const doubt = (what: ProxyDoubt): void => {
    if (told.has(what)) return;
    told.add(what);
    onDoubt(what);
  };
  return (request) => {
    const peer = peerAddress(request);
    const header = request.headers['x-forwarded-for'];
    if (peer === null || !containsAddress(proxies, peer)) {
      if (header !== undefined) doubt('untrusted');
      return peer;
    }
    if (header === undefined) doubt('silent');
    // Node joins repeated headers with a comma, as the specification tells.
    const last = String(header ?? '')
      .split(',')
      .at(-1)!
      .trim();
    return canonicalAddress(withoutPort(last));
  };
}

function withoutPort(text: string): string {
  const { v6, v4 } = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::\d{1,5})?$/.exec(text)?.groups ?? {};
  return v6 ?? v4 ?? text;
}
