import type { IncomingMessage } from 'node:http';
import { hostName, isAddressLiteral, isLoopback } from './host-name.ts';

/** Whose web pages may reach the daemon, and under which names it answers. */
export interface RequestOriginOptions {
  /** Origins of pages beyond our own, such as `https://term.example.com`. */
  readonly allowOrigin: readonly string[];
  /** The configured address; a name is answered to. */
  readonly host: string;
  /** Whether the request came by TCP, where the Host header can be a trap; on a Unix socket it says nothing. */
  readonly checkHost: boolean;
}

/**
 * Says why a request must be refused for the web page or the name it came by; `null` when it may pass.
 *
 * - Host: an address literal, `localhost`, the configured host, or the host of an allowed origin. Any other name may be a stranger's
 *   whose DNS answer was switched to this machine after the page was loaded (DNS rebinding); no such attack comes with a literal.
 * - Origin: none (not a browser), an allowed one, or the page this daemon itself served.
 */
export function refuseRequestOrigin(request: IncomingMessage, options: RequestOriginOptions): string | null {
  const { host, origin } = request.headers;
  const name = hostName(host);
  if (options.checkHost && !(name !== null && isKnownHost(name, options))) {
    return 'The Host header names neither this machine nor a configured host; add its origin with --allow-origin';
  }
  if (origin === undefined || options.allowOrigin.includes(origin)) return null;
  if (options.checkHost && (origin === `http://${host}` || origin === `https://${host}`)) return null;
  return 'This web page may not connect; allow its origin with --allow-origin';
}

function isKnownHost(name: string, { allowOrigin, host }: RequestOriginOptions): boolean {
  if (isAddressLiteral(name) || isLoopback(name) || name === host.toLowerCase()) return true;
  return allowOrigin.some((origin) => new URL(origin).hostname === name);
}
