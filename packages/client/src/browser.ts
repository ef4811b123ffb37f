import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { type BrowserDialOptions, browserDialer } from './transports/browser.ts';

export type { BrowserDialOptions, WebSocketConstructor, WebSocketLike } from './transports/browser.ts';
export { browserDialer };

/**
 * Connects to a daemon from a page, with the standard `WebSocket`.
 *
 * @throws TypeError for a URL that cannot be used or without a `WebSocket`; otherwise as {@link Client.open}.
 */
export async function connect(options: BrowserDialOptions & ClientOptions): Promise<Client> {
  return Client.open(browserDialer(options), options);
}
